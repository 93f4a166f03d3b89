"""Exports: found by name, and really written in each format."""

import json
from typing import get_args
from xml.etree import ElementTree

from pictograph import Client
from pictograph.exceptions import ConflictError, NotFoundError, ValidationError
from pictograph.formats import from_coco, from_pascal_voc, from_yolo
from pictograph.models.export import ExportFormat

from ..setting import Setting, refused, shapes, texts

QUICK = {"wait": True, "poll_interval": 0.05}


def judge(setting: Setting, service: Client) -> None:
    made, images = setting.dataset(service)
    name = made.name
    service.annotations.save(name, images[0].filename, shapes())
    service.batch.update(name, [images[0].id], status="complete")
    begun = service.exports.create(name, "first one", status_filter="complete", wait=False)
    assert begun.status in ("pending", "processing")
    assert begun.dataset_id == made.id
    done = service.exports.wait_for_completion(name, "first one", poll_interval=0.05)
    assert (done.status, done.status_filter) == ("completed", "complete")
    assert (done.image_count, done.annotation_count) == (1, 5)
    assert done.file_size > 0
    assert service.exports.get(name, "first one").id == done.id
    assert service.exports.get_by_id(done.id).name == "first one"
    archive = service.exports.download(name, "first one", setting.path("a.zip"))
    assert archive.stat().st_size == done.file_size
    assert list(texts(archive)) == [f"{images[0].filename}.json"]
    by_id = service.exports.download_by_id(done.id, setting.path("b.zip"))
    assert by_id.read_bytes() == archive.read_bytes()
    refused(ConflictError, lambda: service.exports.create(name, "first one", wait=False))
    refused(NotFoundError, lambda: service.exports.get(name, "nothing"))
    refused(ValidationError, lambda: service.exports.create(name, "x", format="nothing"))
    # 'all' is no stage: no image has it.
    empty = service.exports.create(name, "all", status_filter="all", **QUICK)
    assert empty.image_count == 0

    assert {item.name for item in service.exports.list(dataset_name=name)} == {"first one", "all"}
    assert len(list(service.exports.iter(dataset_name=name, status="completed", page_size=1))) == 2
    service.exports.delete(name, "first one")
    refused(NotFoundError, lambda: service.exports.get(name, "first one"))
    removed = service.exports.bulk_delete([empty.id, done.id])
    assert (removed.succeeded, removed.not_found) == ([empty.id], [done.id])


def formats(setting: Setting, service: Client) -> None:
    made, images = setting.dataset(service, pictures=2)
    name, first = made.name, images[0].filename
    service.annotations.save(name, first, shapes())
    service.images.set_split(name, first, "val")
    stem = first.rsplit(".", 1)[0]
    found = {}
    for kind in get_args(ExportFormat):
        export = service.exports.create(name, kind, format=kind, include_images=True, **QUICK)
        assert export.format == kind
        found[kind] = texts(service.exports.download(name, kind, setting.path("export.zip")))
        assert any(path.endswith(first) for path in found[kind]), f"{kind}: {list(found[kind])}"

    coco = from_coco(json.loads(found["coco"]["_annotations.coco.json"]))
    assert [item.type for item in coco.annotations[first]][:3] == ["bbox", "bbox", "polygon"]
    voc = from_pascal_voc(found["pascal_voc"][f"{stem}.xml"])
    assert voc[0].bounding_box.w == 20
    names = [item.name for item in service.datasets.get(name).classes] + ["nose"]
    yolo = from_yolo(found["yolo"][f"labels/{stem}.txt"], names, 128, 128)
    assert [item.name for item in yolo] == ["thing", "thing", "shape"]
    assert abs(yolo[0].bounding_box.x - 5) < 0.01
    assert len(found["yolo_obb"][f"labels/{stem}.txt"].split("\n")[1].split()) == 9
    pose = found["yolo_pose"][f"labels/{stem}.txt"].split()
    assert (len(pose), pose[0]) == (11, "3")
    assert len(found["dota"][f"labelTxt/{stem}.txt"].split("\n")[0].split()) == 10
    cvat = ElementTree.fromstring(found["cvat"]["annotations.xml"])
    assert len(cvat.findall("image")) == 2
    assert len(cvat.findall("image/box")) == 2
    datumaro = json.loads(found["datumaro"]["annotations/default.json"])
    assert len(datumaro["items"]) == 2
    assert json.loads(found["labelme"][f"{stem}.json"])["imagePath"] == first
    assert json.loads(found["darwin"][f"annotations/{stem}.json"])["version"] == "2.0"
    own = json.loads(found["pictograph"][f"{first}.json"])
    assert (own["image"], own["annotation_count"]) == (first, 5)
    assert found["csv"]["annotations.csv"].count(first) == 5

    split = service.exports.create(name, "split", organize_by_split=True, **QUICK)
    files = texts(service.exports.download(name, split.name, setting.path("split.zip")))
    assert {path.split("/")[0] for path in files} == {"train", "valid"}
