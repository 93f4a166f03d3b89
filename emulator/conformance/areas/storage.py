"""Datasets in cold storage."""

from pictograph import Client
from pictograph.exceptions import ConflictError

from ..setting import Setting, box, refused

COLD = {"status_code": 409, "code": "dataset_cold"}


def judge(setting: Setting, service: Client) -> None:
    made, images = setting.dataset(service)
    name = made.name
    warm = service.datasets.storage_status(name)
    assert (warm.storage_class, warm.storage_state) == ("standard", "idle")
    begun = service.datasets.freeze(name)
    assert begun.storage_state == "freezing"
    assert begun.quoted_micro_usd is None
    cold = service.datasets.wait_for_storage(name, poll_interval=0.05)
    assert (cold.storage_class, cold.cold_image_count) == ("coldline", 3)
    assert cold.restore_estimate.min_storage_days == 90
    assert service.datasets.get(name).storage_class == "coldline"
    for call in (
        lambda: service.images.upload(name, setting.picture()),
        lambda: service.images.download(name, images[0].id, setting.path("x.png")),
        lambda: service.datasets.download(name, setting.path("x")),
        lambda: service.exports.create(name, "x"),
        lambda: service.auto_annotate.point(name, images[0].id, x=1, y=1),
        lambda: service.auto_annotate.batch(name, ["red.png"], classes=[{"name": "thing"}]),
    ):
        refused(ConflictError, call, **COLD)
    # Labels go on.
    assert service.annotations.save(name, images[0].id, [box()]).new_count == 1
    refused(ConflictError, lambda: service.datasets.freeze(name))
    back = service.datasets.restore(name)
    assert back.quoted_micro_usd == cold.restore_estimate.total_micro_usd
    again = service.datasets.wait_for_storage(dataset_id=made.id, poll_interval=0.05)
    assert again.storage_class == "standard"
    assert service.images.download(name, images[0].id, setting.path("x.png")).is_file()
