"""The settings for people who sign in through IAM Identity Center."""

from typing import Final

from personalize_perms.model import names
from personalize_perms.model.option import Option

IDENTITY_OPTIONS: Final[tuple[Option, ...]] = (
    Option(
        field="permission_set",
        flag="--permission-set",
        metavar="NAME",
        parse=names.permission_set_name,
        help="IAM Identity Center: make a permission set that refers to the user policy.",
    ),
    Option(
        field="assign_groups",
        flag="--assign-group",
        metavar="GROUP",
        parse=names.directory_name,
        repeatable=True,
        help="With --permission-set: assign it to this group, by its display name in Identity Center.",
    ),
    Option(
        field="assign_users",
        flag="--assign-user",
        metavar="USER",
        parse=names.directory_name,
        repeatable=True,
        help="With --permission-set: assign it to this user, by the user name in Identity Center.",
    ),
    Option(
        field="assign_accounts",
        flag="--assign-account",
        metavar="ID",
        parse=names.account_id,
        repeatable=True,
        default="the account that is set up",
        help="With --permission-set: assign it in this account, where the user policy must exist.",
    ),
    Option(
        field="identity_center_region",
        flag="--identity-center-region",
        metavar="REGION",
        parse=names.region_name,
        default="the Region that is set up",
        help="With --permission-set: the Region in which Identity Center is enabled.",
    ),
)
