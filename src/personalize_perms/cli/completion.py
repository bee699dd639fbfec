"""`completion`: the script that completes commands and options in a shell."""

import click
from click.shell_completion import get_completion_class

SHELLS = ("bash", "zsh", "fish", "powershell")


@click.command("completion")
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> int:
    """Print the completion script for SHELL.

    \b
    bash:        eval "$(personalize-perms completion bash)"
    zsh:         eval "$(personalize-perms completion zsh)"
    fish:        personalize-perms completion fish | source
    powershell:  personalize-perms completion powershell | Out-String | Invoke-Expression
    """
    script = get_completion_class(shell)
    if script is None:
        raise click.UsageError(f"this version of Click has no completion for {shell}", ctx)
    click.echo(script(ctx.find_root().command, {}, "personalize-perms", "_PERSONALIZE_PERMS_COMPLETE").source())
    return 0  # no envelope: a shell reads this, whatever PERSONALIZE_PERMS_FORMAT says
