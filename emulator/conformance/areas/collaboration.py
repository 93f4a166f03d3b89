"""Comments, tasks and notifications: what people say to each other."""

from pictograph import Client
from pictograph.exceptions import ApiError, ForbiddenError

from ..setting import Setting, box, refused


def comments(setting: Setting, service: Client) -> None:
    made, images = setting.dataset(service, pictures=1)
    name, image = made.name, images[0].id
    with setting.client("member") as member:
        said = member.annotation_comments.create(name, image, annotation_id="a", body="tighten")
        assert said.is_mine
        assert said.author_name
        answer = service.annotation_comments.reply(
            name, image, annotation_id="a", parent_comment_id=said.id, body="done"
        )
        deeper = member.annotation_comments.reply(
            name, image, annotation_id="a", parent_comment_id=answer.id, body="thanks"
        )
        assert (answer.parent_comment_id, deeper.parent_comment_id) == (said.id, said.id)
        edited = member.annotation_comments.update(said.id, body="tighten this")
        assert (edited.body, edited.is_edited) == ("tighten this", True)
        refused(ForbiddenError, lambda: member.annotation_comments.delete(answer.id))
    refused(ForbiddenError, lambda: service.annotation_comments.update(said.id, body="no"))
    resolved = service.annotation_comments.resolve(said.id)
    assert resolved.resolved
    assert resolved.resolved_by_name
    assert not service.annotation_comments.resolve(said.id, resolved=False).resolved
    for reaction in service.annotation_comments.REACTIONS:
        found = service.annotation_comments.react(said.id, reaction).reactions
        assert (found[-1].reaction, found[-1].count, found[-1].reacted) == (reaction, 1, True)
    assert len(service.annotation_comments.unreact(said.id, "like").reactions) == 6
    refused(ApiError, lambda: service.annotation_comments.react(said.id, "boo"))
    service.annotation_comments.delete(said.id)
    listed = service.annotation_comments.list(name, image)
    assert [item.id for item in listed] == [said.id, answer.id, deeper.id]
    assert (listed[0].is_deleted, listed[0].body) == (True, "")


def tasks(setting: Setting, service: Client) -> None:
    listed = service.tasks.list()
    assert {item.kind for item in listed} == {"annotate", "review"}
    assert [item.id for item in service.tasks.iter(page_size=1)] == [item.id for item in listed]
    task = next(item for item in listed if item.title == "Label the cars")
    image = service.images.list("street scenes", limit=1)[0]
    with setting.client("member") as member:
        member.annotations.save("street scenes", image.id, [box("car")])
    told = service.tasks.contributions(task.id)
    assert told.total_images == task.image_count
    assert told.contributors[0].is_assignee
    assert told.contributors[0].annotations_added == 1


def notifications(setting: Setting, service: Client) -> None:
    listed = service.notifications.list()
    assert len(listed) == service.notifications.unread_count() > 0
    service.notifications.mark_read(listed[0].id)
    unread = service.notifications.list(unread_only=True)
    assert len(unread) == len(listed) - 1
    assert service.notifications.mark_all_read() == len(unread)
    service.notifications.delete(listed[0].id)
    assert listed[0].id not in [item.id for item in service.notifications.list()]
