"""The actions of Amazon Personalize, as the user policies of this program name them: all that exist. Pure."""

from personalize_perms.audit.statements import listed
from personalize_perms.templates import Templates

_FOLDER = "user/"


def personalize_actions(templates: Templates) -> dict[str, str]:
    """Return the actions by their names in lower case. Only the packaged templates are sure to name all of them.

    https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonpersonalize.html
    """
    named = (
        action
        for name in templates.names()
        if name.startswith(_FOLDER)
        for statement in templates.statements(name)
        for action in listed(statement.get("Action"))
    )
    return {action.lower(): action for action in named if action.startswith("personalize:") and "*" not in action}
