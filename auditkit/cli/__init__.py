"""The command line: arguments, files, exit codes; no logic. Commands are imported when they are called."""

from __future__ import annotations

import gc
import importlib
import sys
from typing import Any

import click

DONE, BUG, WRONG, NOTHING, GATE, WAIVER, COVERAGE = 0, 1, 2, 3, 10, 11, 12
"""Exit codes: done; a bug; wrong input or usage; nothing to audit; gate not met; a waiver has expired; coverage
below the floor."""

COMMANDS: dict[str, dict[str, str]] = {
    "Describe": {"init": "a commented stack file from a template",
                 "inspect": "draw a stack from code or a workflow export",
                 "interview": "answer what no evidence answers"},
    "Decide": {"audit": "the decision, the list, the PDF",
               "report": "render a report again, no new judgement"},
    "Understand": {"explain": "one check: why, criteria, fix, done when",
                   "checks": "list or lint the checklist"},
    "Check": {"lint": "what is wrong with the audit itself",
              "doctor": "what this machine lacks, and how to get it",
              "schema": "JSON Schema of stack, checklist, report",
              "completion": "completion for bash, zsh or fish"},
}
"""The commands by what one wants, in the order one works; each is a module of this package."""

HELP = """\
Keep, kill or harden: audit an agent workflow and say why.

  auditkit init voice.yaml               describe a workflow, from a template
  auditkit audit voice.yaml              decide, and write voice-audit.pdf
  auditkit audit ./repo                  draw it from code first
  auditkit interview voice.yaml --web    answer what no evidence answers

{groups}

Exit codes  0 done, gate met   2 wrong input   3 nothing to audit
            10 gate not met    11 a waiver has expired
            12 coverage below the floor        1 a bug: please report it
            auditkit COMMAND --help shows options and an example.
"""


class Commands(click.Group):
    """A group whose commands are imported only when they are needed."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        """All commands, in the order of the help."""
        return [name for group in COMMANDS.values() for name in group]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, imported now."""
        if cmd_name not in self.list_commands(ctx):
            return None
        command: click.Command = importlib.import_module(f"auditkit.cli.{cmd_name}").command
        return command

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that was typed, or a hint which one was meant."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError:
            from auditkit.syntax.words import did_you_mean

            meant = did_you_mean(args[0], self.list_commands(ctx))
            hint = f"; did you mean '{meant}'?" if meant else "; 'auditkit --help' lists them"
            raise click.UsageError(f"no command {args[0]!r}{hint}") from None

    def get_help(self, _ctx: click.Context) -> str:
        """The page that `auditkit` alone prints."""
        groups = "\n".join(
            f"{group if i == 0 else '':<12}{name:<12}{what}"
            for group, commands in COMMANDS.items() for i, (name, what) in enumerate(commands.items()))
        return HELP.format(groups=groups).rstrip()


def _version(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    if value:
        from importlib.metadata import version

        click.echo(f"auditkit {version('auditkit')}")
        ctx.exit()


@click.group(cls=Commands, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--version", is_flag=True, callback=_version, is_eager=True, expose_value=False, help="Print the version.")
@click.pass_context
def auditkit(ctx: click.Context) -> None:
    """Keep, kill or harden: audit an agent workflow and say why."""
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


def main(args: list[str] | None = None) -> None:
    """Runs the command line and exits with its code."""
    gc.set_threshold(500_000, 50, 100)      # a short run that mostly builds: collecting often costs a fifth of it
    code = run(args)
    gc.freeze()     # nor does the end of the process need to look once more through all that it holds
    sys.exit(code)


def run(args: list[str] | None = None) -> int:
    """The exit code of a command line; whatever goes wrong is said in words."""
    try:
        result: Any = auditkit.main(args, standalone_mode=False, prog_name="auditkit")
        return result if isinstance(result, int) else DONE
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.UsageError as error:
        return _usage(error)
    except (click.Abort, KeyboardInterrupt):
        click.echo("Stopped.", err=True)
        return 130
    except BrokenPipeError:
        return _closed_pipe()
    except Exception as error:  # noqa: BLE001  (the one place where a bug becomes words)
        from auditkit.cli.failures import explain_failure

        return explain_failure(error)


def _usage(error: click.UsageError) -> int:
    command = error.ctx.command_path if error.ctx else "auditkit"
    click.echo(f"{error.format_message().rstrip('.')}.", err=True)
    click.echo(f"'{command} --help' shows how it is used.", err=True)
    return WRONG


def _closed_pipe() -> int:
    """Whoever read our output has stopped reading: not an error of ours."""
    import os

    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return DONE
