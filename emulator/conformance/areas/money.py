"""Credits, in micro-USD."""

from concurrent.futures import ThreadPoolExecutor

from pictograph import Client
from pictograph.exceptions import PaymentRequiredError, ValidationError

from ..setting import Setting, refused

UNITS = {
    "training_a10g": "minute",
    "training_a100": "minute",
    "training_h100": "minute",
    "sam3_auto_annotation": "minute",
    "inference_t4": "minute",
    "image_edit_gemini_flash": "call",
    "image_generate_gemini_3_1_flash": "call",
    "image_edit_gemini_3_1_flash": "call",
}


def judge(setting: Setting, service: Client) -> None:
    with ThreadPoolExecutor(20) as pool:
        balances = list(pool.map(lambda _: service.credits.balance(), range(20)))
    balance = balances[0]
    assert len({item.included_remaining_micro_usd for item in balances}) == 1
    assert balance.included_allowance_micro_usd > 0
    assert balance.credits_reset_at is not None
    made, images = setting.dataset(service, pictures=1)
    for _ in range(3):
        service.auto_annotate.point(made.name, images[0].filename, x=64, y=64, name="thing")
    spent = balance.included_remaining_micro_usd - (
        service.credits.balance().included_remaining_micro_usd
    )
    assert spent == 3 * 2_500
    assert len(service.credits.history(limit=2)) == 2
    assert len(service.credits.iter(page_size=2, max_total=3).all()) == 3
    newest = service.credits.history(limit=1)[0]
    assert newest.amount == -2_500
    for span in ("day", "week", "month", "all"):
        assert service.credits.usage_by_operation(range=span).total_micro_usd >= spent
    for operation, unit in UNITS.items():
        one = service.credits.estimate(operation)
        assert (one.unit, one.operation) == (unit, operation)
        assert one.total_micro_usd == one.micro_usd_per_unit > 0
    ten = service.credits.estimate("training_a10g", quantity=10)
    assert abs(ten.total_micro_usd - ten.micro_usd_per_unit * 10) <= 10
    refused(ValidationError, lambda: service.credits.estimate("nothing"), status_code=400)
    many = [f"image {index:05}.jpg" for index in range(5_000)]
    dear = {"classes": [{"name": "car"}], "sahi": True, "sahi_slice_size": 256}
    projected = [{"count": 5_000, "width": 8_000, "height": 8_000}]
    assert not service.auto_annotate.quote(projected=projected, **dear).sufficient
    # A batch of all of them is cheap, so it is asked for until there is nothing left.
    error = None
    while error is None:
        try:
            job = service.auto_annotate.batch("large", many, classes=[{"name": "car"}], wait=False)
            service.auto_annotate.cancel_batch(job.job_id)
        except PaymentRequiredError as refusal:
            error = refusal
    assert error.credit_cost > error.credits_remaining >= 0
    assert error.unit == "micro_usd"
    assert error.upgrade_url
