"""Questions turned round: each with a rewording (=) and a look-alike (!) that asks otherwise."""

import pytest

from agentcache.core.query import agree, read_query

TABLE = """
Are flags tidied by `Solver`?
= Does `Solver` tidy flags?
! Do flags tidy `Solver`?
Are lists padded by `Solver`?
= Does `Solver` pad lists?
! Do lists pad `Solver`?
The port is set to what?
= What is the port set to?
! What is set to the port?
How do `Foo` and `Bar` differ?
= How does `Foo` differ from `Bar`?
! How do `Foo` and `Bar` differ in speed?
Does the tokenizer drop blank lines?
= Are blank lines dropped by the tokenizer?
! Are tokenizers dropped by blank lines?
How are ties between hypotheses handled by the beam search?
= How does the beam search handle ties between hypotheses?
! How do ties between hypotheses handle the beam search?
Which operators does the planner push down to the scan?
= Which operators are pushed down to the scan by the planner?
! Which operators are pushed down to the planner by the scan?
Where does `UploadGuard` check the MIME type?
= Where is the MIME type checked in `UploadGuard`?
! Where is `UploadGuard` checked in the MIME type?
Where does `FrameCache` delete old frames?
= Where are old frames deleted by `FrameCache`?
! Where is `FrameCache` deleted by old frames?
Does the exporter write dates in UTC?
= Are dates written by the exporter in UTC?
! Are dates in UTC written by the exporter?
Does `GridBaker` honour frame delays?
= Are frame delays honoured by `GridBaker`?
! Is `GridBaker` honoured by frame delays?
While parsing, how is a cast told from a call?
= How is a cast told from a call while parsing?
! How is a cast told from a call after parsing?
Once the queue is full, what happens?
= What happens once the queue is full?
! What happens before the queue is full?
On conflict, are rows replaced by `saveAll`?
= Does `saveAll` replace rows on conflict?
! Does `saveAll` replace rows without conflict?
Debug symbols are stripped by which pass?
= Which pass strips debug symbols?
! Which debug symbols strip a pass?
The dialog writes which keys?
= Which keys does the dialog write?
! Which keys write the dialog?
`Session.state` has which type?
= What is the type of `Session.state`?
! What is the value of `Session.state`?
In which places is `MAX_DEPTH` used?
= Where is `MAX_DEPTH` used?
! In which order is `MAX_DEPTH` used?
At which point in the code is the token revoked?
= Where is the token revoked?
! When is the token revoked?
How does `LocalDraft` differ from `PendingEdit`?
= What is the difference between `LocalDraft` and `PendingEdit`?
! What is the relation between `LocalDraft` and `PendingEdit`?
Explain the difference between `pull` and `fetch`
= What is the difference between `pull` and `fetch`?
! What is the similarity between `pull` and `fetch`?
What is done by `impute` with empty columns?
= What does `impute` do with empty columns?
! What does `impute` do without empty columns?
Does `dispose` also free the sampler?
= Does `dispose` free the sampler too?
! Does `dispose` free the sampler?
Are there usages of `Random.shared` in `game`?
= Is `Random.shared` used in `game`?
! Are there tests of `Random.shared` in `game`?
Is there a limit on nested folders?
= Are nested folders limited?
! Are nested folders allowed?
Do we support IPv6?
= Is IPv6 supported?
! Should we support IPv6?
What role does `watermark` play?
= Explain the role of `watermark`
! Explain the type of `watermark`
What is meant by exit code 4?
= What does exit code 4 mean?
! What does exit code 5 mean?
What visibility does `LoweringCtx` have?
= What is the visibility of `LoweringCtx`?
! What is the version of `LoweringCtx`?
list every library that links `zstd`
= list all libraries that link `zstd`
! list all libraries that `zstd` links
How can the bar in `bulk_load` be hidden?
= How do I hide the bar in `bulk_load`?
! How do I show the bar in `bulk_load`?
What's the reason the rebuild is skipped?
= Why is the rebuild skipped?
! When is the rebuild skipped?
Where do parse errors get turned into diagnostics?
= Where are parse errors converted to diagnostics?
! Where are diagnostics converted to parse errors?
Does the pool wrap each request?
= Does the pool wrap every request?
! Does the pool wrap any request?
How does one register a codec?
= How do I register a codec?
! How do I unregister a codec?
How does the code compute checksums?
= How are checksums computed?
! How are checksums checked?
What happens to drafts when a page is being closed?
= What happens to drafts when a page is closed?
! What happens to pages when a draft is closed?
By default, what is the world's fixed step?
= What is the world's default fixed step?
! What is the fixed step of the default world?
What's the order in which `trim`, `sort` and `pack` are run?
= In which order are `trim`, `sort` and `pack` run?
! In which directory are `trim`, `sort` and `pack` run?
"""
LINES = TABLE.strip().splitlines()
ROWS = list(zip(LINES[::3], LINES[1::3], LINES[2::3], strict=True))


def is_agreed(a: str, b: str) -> bool:
    return agree(read_query(a), read_query(b)).is_agreed


@pytest.mark.parametrize(("question", "rewording", "look_alike"), ROWS)
def test_a_question_turned_round_is_the_same_and_its_look_alike_is_not(
    question: str, rewording: str, look_alike: str
) -> None:
    assert is_agreed(question, rewording.removeprefix("= "))
    assert not is_agreed(question, look_alike.removeprefix("! "))
    assert not is_agreed(rewording.removeprefix("= "), look_alike.removeprefix("! "))
