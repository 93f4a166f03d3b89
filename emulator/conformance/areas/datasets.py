"""Datasets from their making to their end."""

import json
from concurrent.futures import ThreadPoolExecutor

from pictograph import Client
from pictograph.exceptions import ConflictError, NotFoundError

from ..setting import CLASSES, Setting, refused, shapes


def judge(setting: Setting, service: Client) -> None:
    name = setting.name("made")
    made = service.datasets.create(
        name,
        readme="# How",
        description="for tests",
        annotation_types=["bbox", "polygon"],
        classes=CLASSES,
    )
    assert (made.name, made.description) == (name, "for tests")
    assert made.annotation_types == ["bbox", "polygon"]
    by_name, by_id = service.datasets.get(name), service.datasets.get(dataset_id=made.id)
    assert by_name == by_id
    assert [item.name for item in by_name.classes] == [item["name"] for item in CLASSES]
    assert all(item.color for item in by_name.classes), "a read always has a colour"
    assert by_name.classes[3].skeleton.edges == [(0, 1)]
    refused(ConflictError, lambda: service.datasets.create(name))

    # A class that somebody else added meanwhile stays.
    base = by_name.classes
    service.datasets.update(name, classes=[*base, {"name": "theirs", "type": "bbox"}])
    mine = [item for item in base if item.name != "lane"]
    changed = service.datasets.update(name, classes=mine, classes_base=base)
    names = [item.name for item in changed.classes]
    assert "theirs" in names
    assert "lane" not in names
    renamed = service.datasets.update(name, new_name=f"{name} b", description="other")
    assert (renamed.id, renamed.description) == (made.id, "other")
    refused(NotFoundError, lambda: service.datasets.get(name))
    refused(ConflictError, lambda: service.datasets.update(f"{name} b", new_name="large"))
    name = f"{name} b"

    first = [item.id for item in service.datasets.iter(page_size=2)]
    assert first == [item.id for item in service.datasets.iter(page_size=3)]
    assert first.count(made.id) == 1
    assert len(service.datasets.list(limit=1)) == 1
    assert not service.datasets.list(limit=5, offset=1_000)

    image = service.images.upload(name, setting.picture())
    with ThreadPoolExecutor(16) as pool:
        counts = list(pool.map(lambda _: service.datasets.get(name).image_count, range(16)))
    assert counts == [1] * 16
    embedded = service.datasets.get(name, include_images=True)
    assert [item.id for item in embedded.images] == [image.id]

    for _ in range(2):
        assert service.datasets.archive(name).is_archived
    assert made.id not in [item.id for item in service.datasets.list(limit=1_000)]
    assert made.id in [item.id for item in service.datasets.list(limit=1_000, archived=True)]
    assert not service.datasets.unarchive(name).is_archived

    service.annotations.save(name, image.filename, shapes())
    told = service.datasets.insights(name)
    assert (told.total_images, told.total_annotations) == (1, 5)
    assert told.type_counts == {"bbox": 2, "polygon": 1, "polyline": 1, "keypoint": 1}
    assert (told.dimensions.max_width, told.dimensions.orientation.square) == (128, 1)
    assert set(told.annotation_density) == {"0", "1-2", "3-5", "6-10", "11-20", "21-50", "51+"}
    service.datasets.delete(name)
    refused(NotFoundError, lambda: service.datasets.get(name))


def downloads(setting: Setting, service: Client) -> None:
    made, images = setting.dataset(service)
    service.annotations.save(made.name, images[0].filename, shapes())
    service.batch.update(made.name, [images[0].id], status="complete")
    expected = {"full": 6, "images_only": 3, "annotations_only": 3}
    for mode, count in expected.items():
        out = setting.path(mode)
        report = service.datasets.download(made.name, out, mode=mode)
        assert report.success, report
        files = [item for item in out.rglob("*") if item.is_file()]
        assert len(files) == count, (mode, files)
    out = setting.path("complete")
    report = service.datasets.download(dataset_id=made.id, output_dir=out, status_filter="complete")
    assert report.success
    written = json.loads((out / f"{images[0].filename}.json").read_text())
    assert len(written["annotations"]) == 5
    assert sum(1 for item in out.rglob("*") if item.is_file()) == 2
