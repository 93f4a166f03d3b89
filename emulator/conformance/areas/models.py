"""Trained models: their files, and one of them at work."""

import json

from pictograph import Client
from pictograph.exceptions import ConflictError, NotFoundError, ValidationError

from ..setting import Setting, refused

NAME = "tiny detector"


def judge(setting: Setting, service: Client) -> None:
    ready = service.models.list(status="ready", model_type="object_detection")
    assert [item.name for item in ready] == [NAME]
    assert len(list(service.models.iter(page_size=1))) == 2
    assert service.models.list(dataset_name="street scenes", name=NAME)[0].id == ready[0].id
    for model in (
        service.models.get(NAME),
        service.models.get(model_id=ready[0].id),
        service.models.get_by_name(NAME),
    ):
        assert model.id == ready[0].id
        assert model.class_mapping == {"classes": ["car", "person"]}
    weights = service.models.download(NAME, output_path=setting.path("model.onnx"))
    refused(
        ConflictError,
        lambda: service.models.download(NAME, output_path=setting.path("x"), format="engine"),
    )
    refused(
        ValidationError,
        lambda: service.models.download("in training", output_path=setting.path("x")),
        status_code=400,
    )
    refused(NotFoundError, lambda: service.models.get("nothing"))

    told = service.models.versions(NAME)
    newest, older = told.versions
    assert told.current_version_id == told.latest_version_id == newest.version_id
    pinned = service.models.set_current_version(NAME, version_id=older.version_id)
    assert (pinned.current_version_id, pinned.pinned_version_id) == (older.version_id,) * 2
    service.models.set_current_version(NAME, version_id=None)
    manifest = service.models.files(NAME)
    assert {item.kind for item in manifest.files} == {"weights", "config", "license", "readme"}
    for item in manifest.files:
        file = service.models.download_file(
            NAME, file_name=item.name, version=item.version_id, output_path=setting.path(item.name)
        )
        assert file.stat().st_size == item.size_bytes, item.name
        if item.kind == "weights":
            assert file.read_bytes() == weights.read_bytes()
        if item.kind == "config":
            assert json.loads(file.read_text())["_pictograph"]["input_shape"] == [64, 64]
    tried = service.models.predict(NAME, image=setting.picture(), confidence=0.3)
    assert tried.annotations[0]["name"] == "car"
    assert service.models.update(NAME, description="small").description == "small"


def local(setting: Setting, service: Client) -> None:
    """The downloaded weights find a bright red square, on this machine."""
    import numpy

    model = service.models.load(
        NAME, confidence=0.5, device="cpu", cache_dir=setting.path("cache")
    )
    assert model.classes == ["car", "person"]
    picture = numpy.zeros((64, 64, 3), dtype=numpy.uint8)
    picture[16:24, 40:48] = (255, 255, 255)
    found = model.predict(picture, confidence=0.3).predictions
    assert len(found) == 1, found
    box = found[0].bounding_box
    assert abs(box.x - 40) < 2, box
    assert abs(box.y - 16) < 2, box
    assert abs(box.w - 8) < 2, box
