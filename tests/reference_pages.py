"""The pages of docs/ that list commands, options, settings and variables, made from the program's own tables.

`python tests/reference_pages.py` writes them; test_architecture.py compares.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import MISSING, Field, fields
from pathlib import Path

import click

from s3fixture.cli import COMMANDS, HIDDEN, cli
from s3fixture.cli.commands.run import IGNORED_VARIABLES
from s3fixture.pytest_plugin.options import OPTIONS, Option
from s3fixture.settings import ENVIRONMENT, OTHER_VARIABLES, Settings

DOCS = Path(__file__).parents[1] / "docs"
_MADE = "made by `python tests/reference_pages.py`; a test compares"
_SERVER_COMMANDS: Mapping[str, Sequence[str]] = {"up": (), "run": IGNORED_VARIABLES}
_DEFAULT = re.compile(r"\s*\[default: (.*)\]$")

_COMMANDS_HEAD = f"""\
# Commands and options

Every command with its arguments and options, as `s3fixture COMMAND --help` prints them. How they are used is
in [the command line](command-line.md). An option wins over its variable.

This page is {_MADE} it with the program.
"""
_SETTINGS_HEAD = f"""\
# Options, settings and variables

This page is {_MADE} it with the program.

## Options of pytest

The command line wins, then the ini file (`pytest.ini`, `pyproject.toml`, `tox.ini`), then the environment. In
the ini file a repeatable option has one value a line; in its variable the values are separated as the last
column says.

"""
_SERVER_HEAD = """\

## Settings of a server

A setting is a keyword of `s3fixture.serve(...)` and of `factories.s3_server(...)`. The keyword wins, then the
option of `s3fixture up` or `run`, then the variable, then the default. `up` has some defaults of its own: the
port 9000, the console on port 9001, the data in `.s3fixture/data`, and `--defaults minio`
([commands](commands.md#up)).
A variable with several values separates them by spaces.

"""
_OTHER_HEAD = """\

## Other variables

"""


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Without the columns that are empty in all rows."""
    used = [number for number in range(len(head)) if any(row[number] for row in rows)]
    lines = [[head[n] for n in used], ["---"] * len(used), *([row[n] for n in used] for row in rows)]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def code(text: str) -> str:
    """In backticks, each choice by itself: sites show the backslash of a pipe within backticks."""
    return " \\| ".join(f"`{part}`" for part in text.split("|")) if text else ""


def cell(text: str) -> str:
    """A text with code in backticks, as a cell of a table."""
    parts = " ".join(text.split()).split("`")
    parts[::2] = [re.sub(r"([\\<>*\[\]])", r"\\\1", part) for part in parts[::2]]
    return "`".join(parts).replace("|", "\\|")


# Commands.


def value_of(option: click.Option) -> str:
    """What stands behind an option: nothing for a flag."""
    if option.is_flag:
        return ""
    if option.metavar:
        return option.metavar
    choices = getattr(option.type, "choices", ())
    return "|".join(choices) or option.type.name.upper()


def default_of(option: click.Option) -> str:
    found = _DEFAULT.search(option.help or "")
    if found:
        return found[1]
    default = option.to_info_dict()["default"]
    return "" if option.is_flag or default in (None, (), "") else str(default)


def variables_of(command: str, option: click.Option) -> list[str]:
    if option.envvar:
        return [str(option.envvar)]
    ignored = _SERVER_COMMANDS.get(command)
    if ignored is None:
        return []
    return [name for name, setting in ENVIRONMENT.items() if setting == option.name and name not in ignored]


def option_row(command: str, option: click.Option) -> list[str]:
    spelled = ", ".join(code(name) for name in (*option.opts, *option.secondary_opts))
    value = value_of(option)
    return [
        f"{spelled} {code(value)}".strip(),
        cell(default_of(option)),
        ", ".join(map(code, variables_of(command, option))),
        cell(_DEFAULT.sub("", option.help or "")),
    ]


def paragraphs(text: str) -> Iterator[str]:
    """The help of a command; what begins with `\\b` keeps its lines."""
    for paragraph in inspect.cleandoc(text).split("\n\n"):
        if paragraph.startswith("\b\n"):
            yield f"```text\n{inspect.cleandoc(paragraph[2:])}\n```\n"
        else:
            yield cell(paragraph).replace("\\|", "|") + "\n"


def command_section(name: str, command: click.Command, parent: click.Context, level: int) -> Iterator[str]:
    context = click.Context(command, info_name=name, parent=parent)
    usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
    yield f"{'#' * level} {name}\n"
    yield f"```text\n{usage}\n```\n"
    yield from paragraphs(command.help or command.short_help or "")
    options = [each for each in command.params if isinstance(each, click.Option) and not each.hidden]
    rows = [option_row(name, option) for option in options]
    if rows:
        yield table(["option", "default", "variable", "meaning"], rows)
    if isinstance(command, click.Group):
        for child in command.list_commands(context):
            found = command.get_command(context, child)
            assert found is not None
            yield from command_section(f"{name} {child}", found, parent, level + 1)


def commands_page() -> str:
    parts = [_COMMANDS_HEAD]
    context = click.Context(cli, info_name="s3fixture")
    sections = {**COMMANDS, "For files that were written for MinIO": HIDDEN}
    for title, names in sections.items():
        parts.append(f"## {title}\n")
        for name in names:
            command = cli.get_command(context, name)
            assert command is not None
            parts.extend(command_section(name, command, context, 3))
    return "\n".join(parts)


# Settings.


def pytest_row(option: Option) -> list[str]:
    value = "" if option.is_flag else "|".join(option.choices) or option.metavar
    separator = {",": "commas", " ": "spaces", "": ""}.get(option.split, "colons (semicolons on Windows)")
    return [
        f"{code(option.flag)} {code(value)}".strip(),
        code(option.dest),
        code(option.variable),
        cell(option.help),
        separator,
    ]


def comments() -> Mapping[str, str]:
    """The comment beside each field of Settings."""
    source = inspect.getsource(Settings)
    return dict(re.findall(r"^    (\w+): .*?  # (.*)$", source, re.MULTILINE))


def default_text(setting: Field[object]) -> str:
    default = setting.default
    assert default is not MISSING
    if default is None or default in ("", ()):
        return ""
    if isinstance(default, bool):
        return code(str(default))
    if isinstance(default, float):
        return code(f"{default:g}")
    return code(" ".join(default) if isinstance(default, tuple) else str(default))


def server_options() -> Mapping[str, str]:
    """Setting -> the option of `up` and `run` that gives it."""
    context = click.Context(cli, info_name="s3fixture")
    found = {}
    for name in _SERVER_COMMANDS:
        command = cli.get_command(context, name)
        assert command is not None
        for option in command.params:
            if isinstance(option, click.Option) and option.name:
                found[option.name] = ", ".join(map(code, (*option.opts, *option.secondary_opts)))
    return found


def setting_rows() -> list[list[str]]:
    meanings, options = comments(), server_options()
    return [
        [
            code(setting.name),
            default_text(setting),
            ", ".join(code(name) for name, given in ENVIRONMENT.items() if given == setting.name),
            options.get(setting.name, ""),
            cell(meanings[setting.name]),
        ]
        for setting in fields(Settings)
    ]


def settings_page() -> str:
    other = [[code(name), cell(meaning)] for name, meaning in OTHER_VARIABLES.items()]
    return "".join(
        [
            _SETTINGS_HEAD,
            table(["option", "ini", "variable", "meaning", "separated by"], list(map(pytest_row, OPTIONS))),
            _SERVER_HEAD,
            table(["setting", "default", "variable", "option", "meaning"], setting_rows()),
            _OTHER_HEAD,
            table(["variable", "meaning"], other),
        ]
    )


PAGES = {"commands.md": commands_page, "settings.md": settings_page}

if __name__ == "__main__":
    for page, make in PAGES.items():
        (DOCS / page).write_text(make(), encoding="utf-8")
