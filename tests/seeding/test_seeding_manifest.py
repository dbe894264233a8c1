"""Seeds as manifests: what they may say, and what is said about mistakes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from s3fixture.errors import S3FixtureError
from s3fixture.seeding import SeedPlan, read

WHOLE = """
buckets:
  - plain
  - name: models
    versioning: true
    tags: {team: ml, year: 2026}
    policy: public-read
    objects:
      - key: a/model.bin
        file: files/model.bin
        content_type: application/x-model
        metadata: {Stage: production}
        tags: {kind: model}
      - key: notes.txt
        content: "Grüße"
      - key: run.json
        json: {accuracy: 0.95, steps: [1, 2]}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "seed" / "files").mkdir(parents=True)
    (tmp_path / "seed" / "files" / "model.bin").write_bytes(b"\0\1\2")
    (tmp_path / "outside.txt").write_text("outside")
    return tmp_path / "seed"


def plan(folder: Path, text: str, name: str = "seed.yaml") -> SeedPlan:
    (folder / name).write_text(text, encoding="utf-8")
    found = read(folder / name)
    assert isinstance(found, SeedPlan)
    return found


def refusal(folder: Path, text: str, name: str = "seed.yaml") -> str:
    with pytest.raises(S3FixtureError) as caught:
        plan(folder, text, name)
    assert str(folder / name) in str(caught.value)
    return str(caught.value)


def of_object(fields: str) -> str:
    return f"buckets: [{{name: data, objects: [{{key: k, {fields}}}]}}]"


def test_everything_a_manifest_can_say(folder: Path) -> None:
    found = plan(folder, WHOLE)
    plain, models = found.buckets
    assert (plain.name, plain.objects, plain.versioning, plain.policy) == ("plain", (), None, None)
    assert (models.versioning, models.tags) == (True, {"team": "ml", "year": "2026"})
    assert models.policy is not None
    assert json.loads(models.policy)["Statement"][-1]["Action"] == ["s3:GetObject"]
    model, notes, run = models.objects
    assert (model.body, model.size) == (folder / "files" / "model.bin", 3)
    assert (model.content_type, model.metadata, model.tags) == (
        "application/x-model",
        {"stage": "production"},
        {"kind": "model"},
    )
    assert (notes.body, notes.size, notes.content_type) == ("Grüße".encode(), 7, "text/plain")
    assert isinstance(run.body, bytes)
    assert json.loads(run.body) == {"accuracy": 0.95, "steps": [1, 2]}
    assert run.content_type == "application/json"
    assert str(found.report()) == f"seeded 2 buckets, 3 objects ({3 + 7 + run.size} B)"


def test_a_character_that_json_escapes_by_two_is_one(folder: Path) -> None:
    text = json.dumps(
        {"buckets": [{"name": "data", "objects": [{"key": "k😀", "json": ["😀"], "tags": {"😀": "😀"}}]}]}
    )
    assert "\\ud83d" in text
    [item] = plan(folder, text).buckets[0].objects
    assert item.key == "k😀"
    assert item.body == '["😀"]'.encode()
    assert item.tags == {"😀": "😀"}


def test_a_manifest_may_be_json(folder: Path) -> None:
    text = json.dumps({"buckets": [{"name": "data", "objects": [{"key": "k", "content": ""}]}]})
    assert plan(folder, text, "seed.json").report().objects == 1


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("bucket: []", "there is no field 'bucket'; did you mean 'buckets'?"),
        (
            "buckets: [{name: data, color: red}]",
            "buckets[0]: there is no field 'color'; the fields are name, ",
        ),
        (
            of_object("contnt: x"),
            "buckets[0].objects[0]: there is no field 'contnt'; did you mean 'content'?",
        ),
        (
            of_object("content: x, file: y"),
            "needs exactly one of file, content, json; this one has file and content",
        ),
        (of_object("tags: {}"), "this one has none of them"),
        (of_object("content: x, metadata: {a: Grün}"), "metadata.a: 'Grün' cannot be in a header"),
        (of_object("content: x, metadata: {a b: c}"), "'a b' cannot be the name of a header"),
        (of_object("content: x, metadata: {a: " + "v" * 3000 + "}"), "has 3001 bytes; S3 allows 2048"),
        (of_object('content: x, content_type: "a\\nb"'), "cannot be in a header"),
        (of_object("content: 2026-01-01"), "content: must be text, not date; put it in quotes"),
        (of_object("json: {day: 2026-01-01}"), "cannot be written as JSON"),
        (of_object('content: "a\\ud800"'), "line 1, column 52: 'a\\ud800' has half of a surrogate pair"),
        (of_object('content: x, tags: {"\\ud800": a}'), "'\\ud800' has half of a surrogate pair"),
        (of_object('content: x, tags: {a: "\\ud800"}'), "'\\ud800' has half of a surrogate pair"),
        (of_object("content: x, tags: {" + "\U0001f600" * 65 + ": a}"), "S3 allows 128 characters, and 256"),
        (of_object('file: "a\\0b"'), "there is no file"),
        (of_object("content: x, tags: {a: true}"), "tags.a: must be text, not true or false"),
        (
            of_object("content: x, tags: {" + ",".join(f"t{n}: v" for n in range(11)) + "}"),
            "there are 11 tags",
        ),
        ("buckets: [{objects: []}]", "buckets[0]: the field 'name' is missing"),
        ("buckets: {name: data}", "buckets: must be a list, not a mapping"),
        ("[]", "must be a mapping (name: value), not a list"),
        ("", "must be a mapping (name: value), not empty"),
        ("buckets: [{name: Data}]", "buckets[0].name: 'Data' cannot be a bucket's name"),
        ("buckets: [{name: data}, data]", "the bucket 'data' appears twice"),
        ("buckets: [{name: data, versioning: maybe}]", "versioning: must be true or false, not 'maybe'"),
        ("buckets: [{name: data, object_lock: 7}]", "object_lock: must be true or false, not 7"),
        ("buckets: [{name: data, object_lock: true, versioning: false}]", "object_lock: needs versioning"),
        ("buckets: [{name: data, policy: open}]", "there is no policy 'open'; use download, "),
        ("buckets: [{name: data, objects: [{key: '', content: x}]}]", "key: must not be empty"),
        ("buckets: [{name: data, name: more}]", "line 1, column 24: 'name' appears twice"),
        ("buckets: [", "line 1"),
        ("buckets: !!python/object/apply:os.getcwd []", "line 1"),
    ],
)
def test_a_mistake_is_named_with_file_and_field(folder: Path, text: str, complaint: str) -> None:
    assert complaint in refusal(folder, text)


def test_a_key_that_is_there_twice_is_refused(folder: Path) -> None:
    text = "buckets: [{name: data, objects: [{key: k, content: a}, {key: k, content: b}]}]"
    assert "the key 'k' appears twice" in refusal(folder, text)


@pytest.mark.parametrize("path", ["../outside.txt", "files/../../outside.txt", "/etc/hosts", "link.txt"])
def test_a_file_out_of_the_manifests_folder_is_refused(folder: Path, path: str) -> None:
    (folder / "link.txt").symlink_to("../outside.txt")
    assert "is outside of the manifest's folder" in refusal(folder, of_object(f"file: {path}"))


def test_a_file_that_is_not_there_is_refused(folder: Path) -> None:
    assert "there is no file" in refusal(folder, of_object("file: gone.txt"))
    assert "is not a file" in refusal(folder, of_object("file: files"))


def test_a_policy_may_be_a_document_or_a_file(folder: Path) -> None:
    document = {"Version": "2012-10-17", "Statement": []}
    (folder / "open.json").write_text(json.dumps(document))
    inline = plan(folder, f"buckets: [{{name: data, policy: {json.dumps(document)}}}]").buckets[0].policy
    filed = plan(folder, "buckets: [{name: data, policy: open.json}]").buckets[0].policy
    assert inline is not None
    assert filed is not None
    assert json.loads(inline) == json.loads(filed) == document


def test_a_policy_file_that_cannot_be_read_is_named(folder: Path) -> None:
    (folder / "open.json").write_bytes("{}".encode("utf-16"))
    text = "buckets: [{name: data, policy: open.json}]"
    assert "open.json is not text in UTF-8; save it as UTF-8" in refusal(folder, text)


def test_a_manifest_that_is_not_utf8_is_refused(folder: Path) -> None:
    (folder / "seed.yaml").write_bytes("buckets: []".encode("utf-16"))
    with pytest.raises(S3FixtureError, match="is not text in UTF-8"):
        read(folder / "seed.yaml")
