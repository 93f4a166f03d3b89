"""Labels and the classes that they have."""

from pictograph import Client
from pictograph.exceptions import ConflictError, NotFoundError

from ..setting import Setting, box, refused, shapes


def judge(setting: Setting, service: Client) -> None:
    made, images = setting.dataset(service)
    name, path = made.name, images[0].filename
    assert service.annotations.get(name, path) == []
    saved = service.annotations.save(name, path, shapes())
    assert (saved.previous_count, saved.new_count) == (0, 5)
    assert saved.image_id == images[0].id
    read = service.annotations.get(name, images[0].id)
    types = ["bbox", "bbox", "polygon", "polyline", "keypoint"]
    assert [item.type for item in read] == types
    assert read[1].oriented_box.angle == 90
    assert len(read[2].polygon.paths) == 2
    assert read[2].bounding_box, "filled by the service"
    assert read[4].instance_id == 1
    again = service.annotations.save(name, path, read[:1])
    assert (again.previous_count, again.new_count) == (5, 1)
    assert service.images.get(name, path).annotation_count == 1
    assert service.images.get(name, path).status == "new", "a save leaves the stage alone"
    assert service.annotations.save(name, path, []).new_count == 0
    refused(NotFoundError, lambda: service.annotations.get(name, "nothing.png"))

    result = service.annotations.bulk_save({images[1].id: [box()], "nobody": [box()]})
    assert [item.image_id for item in result.saved] == [images[1].id]
    assert [item.image_id for item in result.failed] == ["nobody"]
    deleted = service.annotations.delete(name, images[1].filename)
    assert (deleted.image_id, deleted.deleted_count) == (images[1].id, 1)


def classes(setting: Setting, service: Client) -> None:
    made, images = setting.dataset(service, pictures=2)
    name = made.name
    for image in images:
        service.annotations.save(name, image.filename, [box(), box("shape")])
    renamed = service.annotations.rename_class(name, "thing", "object")
    assert (renamed.images_updated, renamed.annotations_updated) == (2, 2)
    assert (renamed.dataset_id, renamed.config_updated) == (made.id, True)
    # The name with another type is another class; with the same type it is taken.
    service.datasets.update(name, classes=[{"name": "a", "type": "bbox"}, {"name": "b", "type": "box"}])
    refused(ConflictError, lambda: service.annotations.rename_class(name, "a", "b"))
    service.datasets.update(
        name, classes=[{"name": item, "type": "bbox"} for item in ("object", "shape", "c")]
    )
    merged = service.annotations.merge_class(name, "object", "shape")
    assert (merged.source_name, merged.annotations_updated) == ("object", 2)
    removed = service.annotations.delete_class(name, "shape", delete_annotations=True)
    assert (removed.images_updated, removed.annotations_removed) == (2, 4)
    kept = service.annotations.delete_class(name, "c", class_type="bbox")
    assert kept.annotations_removed == 0
    assert service.datasets.get(name).classes == []
