"""Training runs, and public models that are copied."""

import json

from pictograph import Client
from pictograph.exceptions import NotFoundError, ValidationError

from ..setting import Setting, refused, until


def judge(setting: Setting, service: Client) -> None:
    made, _ = setting.dataset(service)
    export = setting.name("for training")
    plan = {"pipeline_type": "yolox", "config": {"epochs": 2}, "wait": False}
    refused(NotFoundError, lambda: service.training.create(made.name, export, name="x", **plan))
    service.exports.create(made.name, export, format="pictograph", wait=True, poll_interval=0.05)
    asked = {key: plan[key] for key in ("pipeline_type", "config")}
    quote = service.training.quote(made.name, export, **asked)
    assert quote.can_start
    assert (quote.epochs, quote.gpu_type, quote.blocking) == (2, "a10g", [])
    run = service.training.create(made.name, export, name=setting.name("run"), **plan)
    done = service.training.wait_for_completion(run_id=run.id, poll_interval=0.05, timeout=60)
    assert (done.status, done.progress, done.total_epochs) == ("completed", 100, 2)
    assert service.training.get(run.name).id == run.id
    model = service.models.get(model_id=done.model_id)
    assert model.status == "ready"
    assert service.models.download(model.id, output_path=setting.path("model.onnx")).is_file()
    file = setting.path("config.json")
    file.write_text(json.dumps({"epochs": 1_000_000}))
    again = {"pipeline_type": "yolox", "config": file, "gpu_type": "auto", "wait": False}
    long = [
        service.training.create(made.name, export, name=setting.name("long"), **again)
        for _ in range(2)
    ]
    assert service.training.cancel(run_id=long[0].id).status == "cancelled"
    ended = service.training.bulk_cancel([item.id for item in long])
    assert (ended.succeeded, ended.not_found) == ([long[1].id], [long[0].id])
    refused(ValidationError, lambda: service.training.cancel(run_id=run.id), status_code=400)
    assert len(service.training.list(status="cancelled", dataset_name=made.name)) == 2
    assert len(list(service.training.iter(page_size=2))) == 3
    until(lambda: list(service.jobs.list(status="active", type="training")), lambda all: not all)


def fork(setting: Setting, service: Client) -> None:
    copy = service.models.fork("public-research", "harbour-detector", name="Our ships")
    assert (copy.name, copy.visibility, copy.status) == ("Our ships", "private", "ready")
    assert copy.forked_from_model_id
    refused(NotFoundError, lambda: service.models.fork("public-research", "nothing"))
    service.models.delete("Our ships")
    refused(NotFoundError, lambda: service.models.get("Our ships"))
