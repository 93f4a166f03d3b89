"""The organisation of the key and its people."""

from pictograph import Client
from pictograph.exceptions import AuthError, ForbiddenError, NotFoundError

from ..setting import Setting, refused


def judge(setting: Setting, service: Client) -> None:
    mine = service.organizations.me()
    assert mine.subscription_tier in ("free", "core", "pro", "team", "enterprise")
    members = service.organizations.list_members()
    assert len(members) == mine.member_count >= 1
    assert {item.role for item in members} <= {"owner", "admin", "member", "viewer"}
    for status in ("pending", "accepted", "expired", "revoked", "declined"):
        assert isinstance(service.organizations.list_invites(status=status), list)
    invite = service.organizations.invite("somebody@example.com", role="viewer")
    assert [item.id for item in service.organizations.list_invites(status="pending")] == [invite.id]
    assert service.organizations.me().pending_invite_count == 1
    service.organizations.revoke_invite(invite.id)
    assert service.organizations.me().pending_invite_count == 0
    refused(NotFoundError, lambda: service.organizations.revoke_invite("nobody"))
    changed = service.organizations.update(name=f"{mine.name} 2", description="for tests")
    assert changed.description == "for tests"
    service.organizations.update(name=mine.name)


def keys(setting: Setting, service: Client) -> None:
    assert len(service.api_keys.list()) == 4
    mine = service.organizations.me()
    made = service.api_keys.create(setting.name("key"), organization=mine.id, role="viewer")
    with Client(api_key=made.api_key, base_url=setting.url, max_retries=0) as other:
        assert other.organizations.me().id == mine.id
        refused(ForbiddenError, lambda: other.datasets.create("nothing"))
        assert service.api_keys.get(made.key_id).key_prefix == made.api_key[:12]
        assert service.api_keys.update(made.key_id, name="renamed").name == "renamed"
        assert not service.api_keys.update(made.key_id, is_active=False).is_active
        refused(AuthError, other.datasets.list)
    service.api_keys.delete(made.key_id)
    refused(NotFoundError, lambda: service.api_keys.get(made.key_id))
