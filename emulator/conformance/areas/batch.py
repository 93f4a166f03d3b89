"""Work on many images at once."""

from pictograph import Client
from pictograph.exceptions import NotFoundError, ValidationError

from ..setting import Setting, refused, shapes

NOBODY = "00000000-0000-4000-8000-00000000dead"


def judge(setting: Setting, service: Client) -> None:
    made, images = setting.dataset(service)
    name, ids = made.name, [image.id for image in images]
    result = service.batch.update(name, [*ids[:2], NOBODY], status="review")
    assert (result.success, result.processed) == (False, 2)
    assert [item.id for item in result.failed] == [NOBODY]
    assert service.images.get(name, ids[0]).status == "review"
    refused(NotFoundError, lambda: service.batch.update(name, [NOBODY], status="review"))
    refused(ValidationError, lambda: service.batch.update(name, ids, status="done"))
    assert service.batch.update(name, ids, display_name="shown").processed == 3

    moved = service.batch.move(name, ids[:1], target_directory_path="/moved")
    assert (moved.processed, moved.renamed, moved.affected_directories) == (1, 0, ["/moved"])
    back = service.batch.copy(name, ids[:1], target_directory_path="/")
    assert (back.processed, back.renamed) == (1, 0)
    again = service.batch.copy(name, ids[:1], target_directory_path="/")
    assert again.renamed == 0
    names = {item.filename for item in service.images.iter(name, directory_path="/")}
    assert {"red.png", "red-2.png"} <= names, names
    skipped = service.batch.copy(name, ids[:1], duplicate_handling="skip")
    assert (skipped.processed, len(skipped.failed)) == (0, 1)
    assert service.batch.copy(name, ids[:1], duplicate_handling="overwrite").processed == 1
    home = service.batch.move(name, ids[:1], target_directory_path="/")
    assert home.renamed == 1
    assert service.images.get(name, ids[0]).filename == "red-1.png"

    assert service.batch.delete(name, ids[:2]).operation == "archived"
    assert service.images.get(name, ids[0]).is_archived
    assert service.batch.update(name, ids[:2], is_archived=False).processed == 2
    assert service.batch.delete(name, ids[:1], permanent=True).operation == "deleted"
    refused(NotFoundError, lambda: service.images.get(name, ids[0]))


def copy_to_dataset(setting: Setting, service: Client) -> None:
    made, images = setting.dataset(service, pictures=1)
    target = service.datasets.create(setting.name("shelf"), classes=[{"name": "thing"}])
    service.annotations.save(made.name, images[0].filename, shapes()[:3])
    service.images.set_split(made.name, images[0].filename, "test")
    ids = [images[0].id, NOBODY]
    for renamed in (0, 1):
        result = service.batch.copy_to_dataset(
            made.name, ids, target.name, target_directory_path="/val"
        )
        assert (result.processed, result.renamed) == (1, renamed)
        assert result.target_dataset == target.name
        assert result.classes_added == ([] if renamed else ["shape"])
    copy = service.images.list(target.name, directory_path="/val", filename="red-1.png")[0]
    assert (copy.split, copy.annotation_count) == ("test", 3)
    refused(NotFoundError, lambda: service.batch.copy_to_dataset(made.name, [NOBODY], target.name))
