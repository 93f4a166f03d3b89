"""All long work in one list."""

from pictograph import Client
from pictograph.exceptions import ApiError, NotFoundError

from ..setting import Setting, refused


def judge(setting: Setting, service: Client) -> None:
    made, images = setting.dataset(service)
    service.exports.create(made.name, "as a job", wait=False)
    export = next(iter(service.jobs.list(status="all", type="export", max_total=1)))
    assert (export.name, export.dataset_id) == ("as a job", made.id)
    assert service.jobs.wait(export.id, poll_interval=0.05).status == "completed"
    refused(ApiError, lambda: service.jobs.cancel(export.id))
    names = [f"image {index:05}.jpg" for index in range(2_000)]
    begun = service.auto_annotate.batch(
        "large", names, classes=[{"name": "car"}], wait=False
    )
    job = service.jobs.get(begun.job_id)
    assert job.active
    assert job.cancellable
    assert begun.job_id in [item.id for item in service.jobs.list()]
    assert service.jobs.cancel(job.id).status == "cancelled"
    assert job.id in [item.id for item in service.jobs.list(status="cancelled", page_size=2)]
    refused(NotFoundError, lambda: service.jobs.get("nobody"))
