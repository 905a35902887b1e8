"""`auditkit completion`: completion for bash, zsh or fish."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from auditkit.cli import DONE


@click.command(no_args_is_help=True, short_help="completion for bash, zsh or fish")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> int:
    """Print a script that completes commands, options and files. Put it where your shell reads such scripts.

    \b
    Examples:
      auditkit completion bash > ~/.local/share/bash-completion/completions/auditkit
      auditkit completion zsh > ~/.zfunc/_auditkit
      auditkit completion fish > ~/.config/fish/completions/auditkit.fish
    """
    from auditkit.cli import auditkit

    kind = get_completion_class(shell)
    assert kind is not None
    click.echo(kind(auditkit, {}, "auditkit", "_AUDITKIT_COMPLETE").source())
    return DONE
