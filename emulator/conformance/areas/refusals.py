"""Errors as the SDK knows them, and the role that each call needs."""

from pictograph import Client
from pictograph.exceptions import (
    AuthError,
    ConflictError,
    ForbiddenError,
    NotFoundError,
    RateLimitError,
    ValidationError,
)

from ..setting import Setting, box, refused


def judge(setting: Setting, service: Client) -> None:
    for key in ("wrong", ""):
        with Client(api_key=f"pk_live_{key}x", base_url=setting.url, max_retries=0) as nobody:
            refused(AuthError, lambda: nobody.datasets.list(), status_code=401, code="unauthorized")
            refused(AuthError, lambda: nobody.images.list("large"))
            refused(AuthError, lambda: nobody.organizations.me())
    refused(ConflictError, lambda: service.datasets.create("large"), code="conflict")
    refused(NotFoundError, lambda: service.datasets.get("nothing"), code="not_found")
    refused(NotFoundError, lambda: service.datasets.delete("nothing"))
    error = refused(NotFoundError, lambda: service.datasets.get(dataset_id="0" * 8))
    assert error.request_id, "an error names its request"
    # By the documents a class must be one of the dataset; the SDK's own live tests save others.
    with setting.client(url=setting.strict_url) as strict:
        made, images = setting.dataset(strict, pictures=1)
        error = refused(
            ValidationError,
            lambda: strict.annotations.save(made.name, images[0].filename, [box("ghost")]),
            status_code=400,
        )
        assert error.field_errors, "the field is named"
    with Client(api_key="pk_live_owner", base_url=setting.strict_url, max_retries=0) as limited:
        # The service of this address allows few requests an hour.
        error = refused(RateLimitError, lambda: [limited.organizations.me() for _ in range(200)])
        assert error.retry_after > 0


def roles(setting: Setting, service: Client) -> None:
    made, images = setting.dataset(service, pictures=3)
    name, ids = made.name, [image.id for image in images]
    service.exports.create(name, "kept", wait=True, poll_interval=0.05)
    with setting.client("viewer") as viewer, setting.client("member") as member:
        for call in (
            lambda: viewer.datasets.create("x"),
            lambda: viewer.datasets.update(name, description="x"),
            lambda: viewer.images.upload(name, setting.picture()),
            lambda: viewer.images.bulk_tag(name, ids, ["x"]),
            lambda: viewer.annotations.save(name, ids[0], [box()]),
            lambda: viewer.batch.update(name, ids, status="review"),
            lambda: viewer.directories.create(name, "/x"),
            lambda: viewer.exports.create(name, "x"),
            lambda: viewer.auto_annotate.point(name, ids[0], x=1, y=1),
            lambda: viewer.sam3.predict(setting.picture(), text="car"),
            lambda: viewer.datasets.import_public("public-research/orchard", wait=False),
            lambda: member.datasets.archive(name),
            lambda: member.datasets.unarchive(name),
            lambda: member.datasets.delete(name),
            lambda: member.datasets.freeze(name),
            lambda: member.images.delete(name, ids[0], permanent=True),
            lambda: member.batch.delete(name, ids, permanent=True),
            lambda: member.annotations.delete(name, ids[0]),
            lambda: member.exports.delete(name, "kept"),
            lambda: member.exports.bulk_delete(["x"]),
            lambda: member.organizations.update(name="x"),
            lambda: member.models.set_current_version("tiny detector", version_id=None),
        ):
            refused(ForbiddenError, call, status_code=403)
        # What a viewer may do, and what a member may.
        assert viewer.datasets.get(name).name == name
        assert viewer.datasets.download(name, setting.path("out")).success
        assert viewer.exports.get(name, "kept").status == "completed"
        viewer.auto_annotate.quote(
            dataset_name=name, image_filenames=ids, classes=[{"name": "thing"}]
        )
        assert member.batch.delete(name, ids[:1]).operation == "archived"
        member.images.delete(name, ids[1])
        assert member.images.get(name, ids[1]).is_archived
