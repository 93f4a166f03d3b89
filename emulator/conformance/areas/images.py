"""Images, folders of them, and what the SDK makes of a dataset's images."""

import zipfile

from pictograph import Client
from pictograph.augment import HorizontalFlip, Rotate
from pictograph.exceptions import ConflictError, NotFoundError, ValidationError

from ..setting import Setting, box, refused

NOBODY = "00000000-0000-4000-8000-00000000dead"


def judge(setting: Setting, service: Client) -> None:
    made, _ = setting.dataset(service, pictures=0)
    name, photo = made.name, setting.picture()
    image = service.images.upload(name, photo, directory_path="/in/here", filename="own name.png")
    assert (image.width, image.height) == (128, 128)
    assert (image.directory_path, image.filename) == ("/in/here", "own name.png")
    assert image.dataset_id == made.id
    assert image.content_type == "image/png"
    path = "in/here/own name.png"
    assert service.images.get(name, "own name.png").id == image.id
    for slot in (path, image.id):
        target = service.images.download(name, slot, setting.path("copy.png"))
        assert target.read_bytes() == photo.read_bytes()
    bundle = service.images.download_bundle(name, path, setting.path("bundle.zip"))
    with zipfile.ZipFile(bundle) as opened:
        assert {"own name.png", "manifest.json"} <= set(opened.namelist())
    refused(NotFoundError, lambda: service.images.get(name, NOBODY))
    refused(NotFoundError, lambda: service.images.get(name, "nothing.png"))
    refused(ConflictError, lambda: service.images.upload(
        name, photo, directory_path="/in/here", filename="own name.png"))

    copies = [setting.picture(f"copy {index}.png", "green") for index in range(5)]
    result = service.images.bulk_upload(name, copies, directory_path="/copies")
    assert len(result.succeeded) == 5, result
    ids = [item.id for item in service.images.iter(name, directory_path="/copies", page_size=2)]
    assert len(set(ids)) == 5
    assert [item.filename for item in service.images.list(name, filename="copy 3.png")] == [
        "copy 3.png"
    ]
    newest = service.images.list(name, limit=1)[0]
    assert newest.id in ids, "newest first"

    service.images.bulk_tag(name, ids[:2], ["wet", "dark"])
    service.images.bulk_tag(name, ids[:1], ["dark"], add=False)
    assert service.images.get(name, ids[0]).tags == ["wet"]
    service.images.review(name, path, "approve", note="good")
    assert service.images.get(name, image.id).status == "complete"
    service.images.review(name, path, "request_changes")
    assert [item.id for item in service.images.list(name, status="annotate")] == [image.id]
    service.images.set_split(name, path, "val")
    assert [item.id for item in service.images.list(name, split="val")] == [image.id]
    service.images.set_split(name, path, None)
    assert service.images.get(name, image.id).split is None
    splits = service.images.assign_splits(name, 60, 20, 20, seed=1)
    assert (splits["train"], splits["val"], splits["test"]) == (4, 1, 1), splits
    before = {item.id: item.split for item in service.images.iter(name)}
    service.images.assign_splits(name, 60, 20, 20, seed=1)
    assert before == {item.id: item.split for item in service.images.iter(name)}
    refused(ConflictError, lambda: service.images.assign_splits(name, mode="embedding"))
    service.annotations.save(name, path, [box(confidence=0.4)])
    assert [item.id for item in service.images.list(name, min_confidence_lt=0.5)] == [image.id]
    assert not service.images.list(name, min_confidence_lt=0.4)
    refused(ValidationError, lambda: service.images.list(name, status="done"))

    service.images.delete(name, path)
    assert service.images.get(name, image.id).is_archived
    assert image.id not in [item.id for item in service.images.iter(name)]
    assert image.id in [item.id for item in service.images.iter(name, include_archived=True)]
    service.images.delete(name, path, permanent=True)
    refused(NotFoundError, lambda: service.images.get(name, image.id))


def folders(setting: Setting, service: Client) -> None:
    made, _ = setting.dataset(service, pictures=0)
    root = setting.path("tree")
    for folder in ("cars", "people"):
        (root / folder).mkdir(parents=True)
        for index in range(3):
            photo = setting.picture(side=20 + index)
            (root / folder / f"{index}.png").write_bytes(photo.read_bytes())
    report = service.images.upload_from_directory(made.name, root, preserve_structure=True)
    assert report.success, report
    assert len(list(service.images.iter(made.name))) == 6
    # Once more: each name is taken.
    again = service.images.upload_from_directory(
        made.name, root, preserve_structure=True, skip_existing=True
    )
    assert len(list(service.images.iter(made.name))) == 6, again
    # What the seed has beyond one page.
    assert sum(1 for _ in service.images.iter("large", page_size=5_000)) == 12_000


def augment(setting: Setting, service: Client) -> None:
    made, images = setting.dataset(service)
    for image in images:
        # The SDK's own tests draw a class that the dataset lacks.
        service.annotations.save(made.name, image.id, [box("obj")])
    target = setting.name("augmented")
    report = service.images.augment(
        made.name, [HorizontalFlip(p=1.0), Rotate(15.0)], multiplier=2, into=target, seed=1
    )
    assert report.success, report.failures
    found = list(service.images.iter(target))
    assert len(found) == len(images) * 3
    variant = next(item for item in found if "_aug" in item.filename)
    assert service.annotations.get(target, variant.id)[0].name == "obj"
    report = service.images.tile(made.name, rows=1, cols=2, into=None)
    assert report.success, report.failures
    assert len(list(service.images.iter(made.name, directory_path="/tiles"))) == 6
