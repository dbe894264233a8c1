"""Completion in the shell: buckets and keys of the server that commands use.

What cannot be found out within a moment is not offered, and never an error: a person is typing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import redirect_stderr
from io import StringIO

from click.shell_completion import (
    BashComplete,
    CompletionItem,
    FishComplete,
    ShellComplete,
    ZshComplete,
    add_completion_class,
)

from s3fixture.cli import COMMANDS
from s3fixture.cli.addresses import ALIAS, SCHEME, Remote
from s3fixture.cli.aliases import known_aliases
from s3fixture.cli.options import ServerChoice
from s3fixture.errors import S3FixtureError

# How a place on a server begins. Bash breaks words at colons, and so asks for what is behind `s3:`.
_SCHEMES = (SCHEME, SCHEME.partition(":")[2])
_SECONDS = 1.0
_PLAIN = "/._-:=@%+,"  # what bash takes as it is, beside letters and digits
_MOST = 1000  # names that are offered
_READ, _READ_AS_IT_IS = "read type value", "read -r type value"
_LOOP_END = "    done\n"
_NO_SPACE_AFTER_FOLDERS = """\
    if [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == */ ]]; then
        compopt -o nospace
    fi
"""
_ZSH_ADD = "compadd -U -V unsorted -a completions"
_ZSH_ADD_FOLDERS_APART = """\
compadd -U -V unsorted -S '' -- ${(M)completions:#*/}
        compadd -U -V unsorted -- ${completions:#*/}"""
_FISH_SPLIT, _FISH_SPLIT_ONCE = 'string split "," ', 'string split -m 1 "," '
_FISH_ECHO, _FISH_PRINT = "echo $metadata[2]", r"printf '%%s\n' $metadata[2]"

# Commands whose arguments may be local paths as well.
_ALSO_LOCAL = frozenset({"cp", "diff", "mirror", "mv"})
_SECTION = "Buckets and objects"


class _Places(ShellComplete):
    """Offers places where click has nothing to offer."""

    def get_completions(self, args: list[str], incomplete: str) -> list[CompletionItem]:
        found = super().get_completions(args, incomplete)
        if found or not args or incomplete.startswith("-") or args[0] not in COMMANDS[_SECTION]:
            return found
        return _places(incomplete, also_local=args[0] in _ALSO_LOCAL)


class _Bash(_Places, BashComplete):
    """Without a space behind a folder, in which one goes on.

    Bash puts what is offered into the line as it is: a key such as `$(reboot)` must not become a command.
    """

    source_template = BashComplete.source_template.replace(_READ, _READ_AS_IT_IS, 1).replace(
        _LOOP_END, _LOOP_END + _NO_SPACE_AFTER_FOLDERS, 1
    )

    def format_completion(self, item: CompletionItem) -> str:
        if item.type != "plain":
            return super().format_completion(item)
        return f"{item.type},{''.join(map(_escaped, item.value))}"


class _Zsh(_Places, ZshComplete):
    """Without a space behind a folder."""

    source_template = ZshComplete.source_template.replace(_ZSH_ADD, _ZSH_ADD_FOLDERS_APART, 1)


class _Fish(_Places, FishComplete):
    """With names as they are, which may have commas and begin with a hyphen."""

    source_template = FishComplete.source_template.replace(_FISH_SPLIT, _FISH_SPLIT_ONCE, 1).replace(
        _FISH_ECHO, _FISH_PRINT, 1
    )


def _escaped(character: str) -> str:
    plain = character.isalnum() or not character.isascii() or character in _PLAIN
    return character if plain else f"\\{character}"


def register() -> None:
    """Have click use these."""
    for kind in (_Bash, _Zsh, _Fish):
        add_completion_class(kind)


def _places(incomplete: str, *, also_local: bool) -> list[CompletionItem]:
    with redirect_stderr(StringIO()):  # a note which server is meant would stand in the line that is typed
        found = [CompletionItem(name) for name in _aliases(incomplete)]
        head, place = _head(incomplete)
        if also_local and not head:
            return found or [CompletionItem(incomplete, type="file")]
        names = _quietly(lambda: _names(head, place, incomplete.removeprefix(head)))
    taken = {item.value for item in found}
    return found + [CompletionItem(name) for name in names if name not in taken]


def _quietly(find: Callable[[], Iterable[str]]) -> list[str]:
    try:
        return list(find())
    except (S3FixtureError, OSError):
        return []


def _aliases(incomplete: str) -> Iterator[str]:
    """Those that begin so; without a letter none, since few of them are meant."""
    if incomplete and "/" not in incomplete:
        yield from (
            f"{name}/" for name in (ALIAS, *_quietly(known_aliases)) if f"{name}/".startswith(incomplete)
        )


def _head(incomplete: str) -> tuple[str, Remote]:
    """How the place begins, and the server that means."""
    scheme = next((scheme for scheme in _SCHEMES if incomplete.startswith(scheme)), "")
    if scheme or "/" not in incomplete:
        return scheme, Remote()
    alias = incomplete.partition("/")[0]
    if alias == ALIAS:
        return f"{alias}/", Remote()
    is_known = alias in _quietly(known_aliases)
    return (f"{alias}/", Remote(alias=alias)) if is_known else ("", Remote())


def _names(head: str, place: Remote, rest: str) -> Iterator[str]:
    from s3fixture.cli.listings import Listings
    from s3fixture.cli.target_server import connect

    listings = Listings(connect(ServerChoice(), place), seconds=_SECONDS, patient=False)
    bucket, slash, key = rest.partition("/")
    if not slash:
        names = [found["Name"] for found in listings.buckets()]
        yield from (f"{head}{name}/" for name in names if name.startswith(rest))
        return
    for page in listings.objects(bucket, key, "/", limit=_MOST):
        keys = [found["Prefix"] for found in page["CommonPrefixes"]]
        keys += [found["Key"] for found in page["Contents"]]
        yield from (f"{head}{bucket}/{found}" for found in sorted(keys) if found.isprintable())
