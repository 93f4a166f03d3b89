"""What the published Python SDK's README does, against a local service. Prints a line a step."""

import json
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from pictograph import Client
from pictograph.exceptions import (
    AuthError,
    ConflictError,
    ForbiddenError,
    NotFoundError,
    ValidationError,
)
from pictograph.models.annotation import (
    BBoxAnnotation,
    KeypointAnnotation,
    PolygonAnnotation,
    PolylineAnnotation,
)

URL, PHOTO = sys.argv[1], Path(sys.argv[2])


def step(name: str) -> None:
    print(f"ok {name}", flush=True)


def refused(kind: type[Exception], call) -> None:
    try:
        call()
    except kind as error:
        step(f"{kind.__name__}: {error}")
        return
    raise AssertionError(f"{kind.__name__} was expected")


def client(key: str = "pk_live_admin", **options) -> Client:
    return Client(api_key=key, base_url=URL, **options)


CLASSES = [{"name": "car", "type": "bbox"}, {"name": "lane", "type": "polyline"}]
ANNOTATIONS = [
    {"id": "1", "name": "car", "type": "bbox", "bounding_box": {"x": 1, "y": 2, "w": 3, "h": 4}},
    {
        "id": "2",
        "name": "car",
        "type": "polygon",
        "polygon": {"paths": [[{"x": 0, "y": 0}, {"x": 9, "y": 0}, {"x": 9, "y": 9}]]},
    },
    {
        "id": "3",
        "name": "lane",
        "type": "polyline",
        "polyline": {"path": [{"x": 0, "y": 0}, {"x": 5, "y": 5}]},
    },
    {"id": "4", "name": "car", "type": "keypoint", "keypoint": {"x": 3, "y": 3}, "instance_id": 1},
]
KINDS = {
    "bbox": BBoxAnnotation,
    "polygon": PolygonAnnotation,
    "polyline": PolylineAnnotation,
    "keypoint": KeypointAnnotation,
}


def main() -> None:
    with client() as service, TemporaryDirectory() as temporary:
        folder = Path(temporary)
        assert {item.name for item in service.datasets.iter()} >= {"large", "street scenes"}
        step("list datasets")
        service.datasets.create("from sdk", classes=CLASSES)
        assert service.datasets.get("from sdk").name == "from sdk"
        step("create and get")
        image = service.images.upload("from sdk", PHOTO)
        assert image.filename == PHOTO.name
        step("upload one")
        copies = []
        for index in range(5):
            copies.append(folder / f"copy {index}.png")
            copies[-1].write_bytes(PHOTO.read_bytes())
        result = service.images.bulk_upload("from sdk", copies, directory_path="/copies")
        assert len(result.succeeded) == 5, result
        step("upload in bulk")
        tree = folder / "tree" / "cars"
        tree.mkdir(parents=True)
        (tree / "a.png").write_bytes(PHOTO.read_bytes())
        report = service.images.upload_from_directory("from sdk", folder / "tree")
        assert report.success, report
        step("upload a folder")
        assert service.images.get("from sdk", PHOTO.name).id == image.id
        assert sum(1 for _ in service.images.iter("large")) == 12_000
        step("list 12,000 images")
        drawn = [KINDS[item["type"]].model_validate(item) for item in ANNOTATIONS]
        saved = service.annotations.save("from sdk", PHOTO.name, drawn)
        assert saved.new_count == 4
        read = service.annotations.get("from sdk", PHOTO.name)
        assert [item.type for item in read] == ["bbox", "polygon", "polyline", "keypoint"]
        step("save and get annotations of all types")
        for mode in ("full", "images_only", "annotations_only"):
            out = folder / mode
            report = service.datasets.download("from sdk", out, mode=mode)
            assert report.success, report
            step(f"download {mode}: {len([p for p in out.rglob('*') if p.is_file()])} files")
        written = json.loads((folder / "full" / f"{PHOTO.name}.json").read_text())
        assert len(written["annotations"] if isinstance(written, dict) else written) == 4
        service.annotations.delete("from sdk", PHOTO.name)
        assert service.annotations.get("from sdk", PHOTO.name) == []
        step("delete annotations")
        service.images.delete("from sdk", PHOTO.name)
        service.datasets.archive("from sdk")
        service.datasets.unarchive("from sdk")
        step("archive")
        refused(ConflictError, lambda: service.datasets.create("large"))
        refused(NotFoundError, lambda: service.datasets.get("nothing"))
        ghost = BBoxAnnotation.model_validate({**ANNOTATIONS[0], "name": "ghost"})
        path = "copies/copy 0.png"
        refused(ValidationError, lambda: service.annotations.save("from sdk", path, [ghost]))
        refused(AuthError, lambda: client("pk_live_wrong").datasets.list())
        refused(ForbiddenError, lambda: client("pk_live_viewer").datasets.archive("large"))
        service.datasets.delete("from sdk")
        step("delete")


main()
