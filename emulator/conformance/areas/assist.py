"""Assisted labelling."""

from pictograph import Client
from pictograph.exceptions import ApiError, NotFoundError, ValidationError

from ..setting import Setting, refused, shapes

QUICK = {"wait": True, "poll_interval": 0.05}


def prompts(setting: Setting, service: Client) -> None:
    made, images = setting.dataset(service)
    name, image = made.name, images[0]
    for slot in (image.filename, image.id):
        found = service.auto_annotate.point(
            name, slot, x=64, y=64, name="thing",
            positive_points=[(70, 64)], negative_points=[(1, 1)],
        )
        assert found.status == "success"
        assert found.annotations[0].type == "polygon"
    box = {"x": 10, "y": 10, "w": 100, "h": 100}
    both = service.auto_annotate.box(name, image.filename, box=box, name="thing")
    assert [item.type for item in both.annotations] == ["bbox", "polygon"]
    one = service.auto_annotate.box(
        name, image.filename, box=box, name="thing", return_polygon=False, negative_boxes=[box]
    )
    assert [item.type for item in one.annotations] == ["bbox"]
    text = service.auto_annotate.text(
        name, image.filename, text_prompt="shape", output_type="bbox", max_detections=2
    )
    assert [item.type for item in text.annotations] == ["bbox", "bbox"]
    nothing = service.auto_annotate.text(name, image.filename, text_prompt="unicorn")
    assert (nothing.status, nothing.annotations) == ("no_detection", [])
    unsure = service.auto_annotate.point(name, image.id, x=1, y=1, score_threshold=0.99)
    assert unsure.status == "below_threshold"
    assert service.annotations.get(name, image.id) == [], "a prompt saves nothing"
    refused(NotFoundError, lambda: service.auto_annotate.point(name, "nothing.png", x=1, y=1))


def any_image(setting: Setting, service: Client) -> None:
    photo = setting.picture(side=60)
    before = service.credits.balance().period_spend_micro_usd
    text = service.sam3.predict(photo, text="car", max_detections=1)
    assert (text.status, text.prompt, len(text.annotations)) == ("success", "text", 1)
    assert (text.width, text.height) == (60, 60)
    box = service.sam3.predict(
        photo, box=(1, 2, 30, 20), negative_boxes=[(1, 1, 2, 2)], output="bbox", name="ship"
    )
    assert box.annotations[0].name == "ship"
    points = service.sam3.predict(photo, points=[(5, 6), (9, 9)], negative_points=[(50, 50)])
    assert points.prompt == "point"
    assert service.sam3.predict(photo, text="car", confidence=0.99).status == "below_threshold"
    paid = service.credits.balance().period_spend_micro_usd - before
    assert paid == 2_500, "one fee an image"
    refused(ApiError, lambda: service.sam3.predict(b"no picture", text="car"), status_code=422)


def batch(setting: Setting, service: Client) -> None:
    made, images = setting.dataset(service)
    names = [image.filename for image in images[:2]]
    classes = [
        {"name": "thing", "output_type": "polygon"},
        {"name": "fresh", "output_type": "bbox"},
        {"name": "sunny", "output_type": "tag"},
    ]
    quote = service.auto_annotate.quote(
        dataset_name=made.name, image_filenames=names, classes=classes,
        projected=[{"count": 3, "width": 100, "height": 100}],
    )
    assert (quote.total_images, quote.sufficient) == (5, True)
    begun = service.auto_annotate.batch(made.name, names, classes=classes, wait=False)
    assert begun.status == "pending"
    assert begun.estimated_credits > 0
    done = service.auto_annotate.wait_for_batch(begun.job_id, poll_interval=0.05)
    assert (done.status, done.progress, done.processed_images) == ("completed", 100, 2)
    assert done.total_annotations_added == 4
    assert "fresh" in [item.name for item in service.datasets.get(made.name).classes]
    assert service.images.get(made.name, names[0]).tags == ["sunny"]
    again = service.auto_annotate.batch(made.name, names, classes=classes, **QUICK)
    assert again.total_annotations_added == 0, "doubles are dropped"
    refused(ValidationError, lambda: service.auto_annotate.batch(made.name, names, classes=[]))
    refused(
        ValidationError,
        lambda: service.auto_annotate.batch(
            made.name, names, classes=[], model="tiny detector", sahi=True
        ),
    )
    own = service.auto_annotate.batch(
        made.name, names, classes=[], model="tiny detector", **QUICK
    )
    assert own.status == "completed"
    refused(ApiError, lambda: service.auto_annotate.cancel_batch(done.job_id), status_code=409)
    assert service.auto_annotate.get_batch(done.job_id).status == "completed"


def similar(setting: Setting, service: Client) -> None:
    made, images = setting.dataset(service)
    name, image = made.name, images[0]
    service.annotations.save(name, image.filename, shapes())
    polygon = next(
        item for item in service.annotations.get(name, image.id) if item.type == "polygon"
    )
    quote = service.auto_annotate.quote_similar(
        name, image.filename, reference_class="shape", scope="dataset"
    )
    assert (quote.total_images, quote.examples, quote.target_class) == (2, 1, "shape")
    done = service.auto_annotate.similar(
        name, image.filename, annotation_ids=[polygon.id], output_type="obb",
        target_class="found", confidence=0.5, **QUICK,
    )
    assert done.total_annotations_added == 2
    found = service.annotations.get(name, images[1].id)[0]
    assert (found.name, found.oriented_box.angle) == ("found", 0)
    refused(
        NotFoundError,
        lambda: service.auto_annotate.similar(name, image.filename, reference_class="nothing"),
    )
