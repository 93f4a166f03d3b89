"""What comes from elsewhere: public datasets, and other services."""

from pictograph import Client
from pictograph.exceptions import NotFoundError, PaymentRequiredError

from ..setting import Setting, refused


def public(setting: Setting, service: Client) -> None:
    listed = service.explore.datasets(sort="alphabetical")
    assert [item.name for item in listed] == sorted(item.name for item in listed)
    found = service.explore.datasets(search="HARB", class_name="ship", sort="popular")
    assert [item.ref for item in found] == ["public-research/harbour"]
    assert len(list(service.explore.iter_datasets(page_size=1))) == len(listed)
    assert service.explore.dataset(found[0].ref).class_count == 2
    for name in ("Harbour", "Harbour (imported)"):
        done = service.datasets.import_public(found[0].ref, poll_interval=0.05)
        assert (done.status, done.dataset_name, done.image_count) == ("completed", name, 40)
    assert service.datasets.get("Harbour").image_count == 40
    begun = service.datasets.import_public(found[0].ref, name="port", wait=False)
    done = service.datasets.wait_for_public_import(begun.import_id, poll_interval=0.05)
    assert service.datasets.get_public_import(begun.import_id).status == "completed"
    assert done.dataset_name == "port"
    error = refused(
        PaymentRequiredError,
        lambda: service.datasets.import_public("public-research/everything", wait=False),
    )
    assert error.code == "image_limit_exceeded"
    refused(NotFoundError, lambda: service.explore.dataset("nobody/nothing"))


def connectors(setting: Setting, service: Client) -> None:
    refusal = service.connectors.validate("v7", "this-is-no-key")
    assert not refusal.valid
    assert refusal.error
    workspace = service.connectors.validate("roboflow", "valid-key")
    assert workspace.valid
    assert workspace.datasets
    few = service.connectors.check_limits(total_images=10, estimated_size_bytes=1_000_000)
    assert few.allowed
    many = service.connectors.check_limits(total_images=10**7, estimated_size_bytes=1)
    assert (many.allowed, many.exceeded) == (False, "images")
    done = service.connectors.import_(
        "roboflow", "valid-key", workspace.datasets[:1], poll_interval=0.05
    )
    assert (done.status, done.imported_images, done.failed_images) == ("completed", 30, 0)
    begun = service.connectors.import_(
        "v7", "valid-key",
        [{"id": "x", "name": "Huge", "slug": "huge", "image_count": 50_000}], wait=False,
    )
    assert service.connectors.cancel_import(begun.import_id).status == "cancelled"
    assert service.connectors.get_import(begun.import_id).status == "cancelled"
    assert service.connectors.wait_for_import(begun.import_id).status == "cancelled"
