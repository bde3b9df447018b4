"""What adjectives, measures, events and owners say in more than one way, each rule in both ways."""
# ruff: noqa: E501  # a case is a line

import pytest

from agentcache.core.query import agree, read_query
from agentcache.core.query.variants import OF_WORDS

SAME = {
    "undone": """
Which opcodes are not documented? | Which opcodes are undocumented?
Which sprites are not used? | Which sprites are unused?
""",
    "of_a_kind": """
Which columns of the `reads` table are nullable? | List the nullable columns of the `reads` table
Which endpoints are public? | What are the public endpoints?
How many endpoints are experimental? | How many experimental endpoints are there?
""",
    "run_by_itself": """
Which quests run at dawn? | Which quests are run at dawn?
When does the autosave job run? | When is the autosave job run?
Which hook runs immediately before the upload? | Which hook is run immediately before the upload?
""",
    "extent": """
How large is the ring buffer? | What is the size of the ring buffer?
How big is the stack of the radio task? | What is the stack size of the radio task?
How deep is the undo history? | What is the depth of the undo history?
How wide is the side panel? | What is the width of the side panel?
""",
    "life": """
How long is a pairing code valid? | What is the validity period of pairing codes?
How long does a lobby live? | What is the lifetime of a lobby?
""",
    "either": """
Is `Contig` a struct or an enum? | Is `Contig` an enum or a struct?
Is `Lane` an interface or a class? | Tell me whether `Lane` is a class or an interface
""",
    "on_event": """
What happens when a cell tower crashes? | What happens on a cell tower crash?
What happens when the upload times out? | What happens on an upload timeout?
What is logged if the decoder fails? | What is logged on decoder failure?
Which logs are kept when the modem restarts? | Which logs are kept on modem restart?
""",
    "across": """
How is the playlist kept between restarts? | How is the playlist kept across restarts?
How are reads distributed over the workers? | How are reads distributed across the workers?
How are genomes partitioned among the nodes? | How are genomes partitioned across the nodes?
""",
    "turned": """
Where are AST nodes translated to bytecode? | Find the code that translates AST nodes into bytecode
Where are protobuf messages converted to rows? | Find the code which converts protobuf messages into rows
""",
    "on_startup": """
What happens on startup? | What happens when the app starts up?
What is loaded at startup? | What is loaded when the application launches?
Which migrations run on startup? | Which migrations run when the app starts?
What happens on logout? | What happens when a user logs out?
Which cookies are cleared on logout? | Which cookies are cleared when logging out?
What is sent on sign-up? | What is sent when users sign up?
""",
    "during": """
How is stock reserved during checkout? | How does checkout reserve stock?
How are torn pages detected during recovery? | How does recovery detect torn pages?
""",
    "we_do": """
Which GraphQL mutations do we expose? | List the GraphQL mutations we expose
Which headers do we send to the relay? | List the headers we send to the relay
Which endpoints are there? | What are the endpoints we have?
List the metrics in the worker | List the metrics we have in the worker
""",
    "who_does": """
Who emits the `level_up` event? | What emits the `level_up` event?
Who flushes the mixer buffer? | What flushes the mixer buffer?
""",
    "its_own": """
Where does the launcher read its theme from? | Where is the launcher's theme read from?
How does the router send its hello packet to the neighbours? | How is the router's hello packet sent to the neighbours?
""",
    "in_manner": """
Explain the recursive flattening of groups | How are groups flattened recursively?
How does lazy loading of textures work? | How are textures lazily loaded?
Explain the automatic formatting of invoices | How are invoices automatically formatted?
""",
    "place_of": """
Where is the log volume mounted? | Find the mount point of the log volume
Find the storage location of the replay files | Where are the replay files stored?
Where is the insertion point of the watermark? | Where is the watermark inserted?
""",
    "having": """
Which widgets have a tooltip? | List the widgets with a tooltip
Which tables have no primary key? | List the tables without a primary key
List the endpoints with rate limits | Which endpoints have rate limits?
""",
    "held_in": """
In which header is `radio_init` declared? | Which header declares `radio_init`?
In which struct is the seed held? | Which struct holds the seed?
""",
    "parameter_to": """
What does the second parameter to `mix` mean? | What is the meaning of the second parameter of `mix`?
What are the parameters to `mix`? | What are the parameters of `mix`?
""",
    "parts_of_kind": """
Which fields does the `Invoice` struct contain? | What are the fields of the `Invoice` struct?
List the variants of the `Token` enum | Which variants does `Token` have?
""",
    "pinned": """
To which version is `libusb` pinned? | Which version of `libusb` is pinned?
Which version is `libusb` pinned to? | Which version of `libusb` is pinned?
To which version is `libusb` pinned in `a.toml`? | Which version of `libusb` is pinned in `a.toml`?
""",
    "needed": """
Which variables does the `vpc` module require? | What are the required variables of the `vpc` module?
Which fields are needed by `Order`? | List the required fields of `Order`
""",
    "from_there": """
Which messages does the daemon accept from clients? | Which messages from clients are accepted by the daemon?
Which rows does the importer read from the archive? | Which rows from the archive are read by the importer?
""",
    "is_there": """
Does a test for the lexer exist? | Is there a test for the lexer?
Does a benchmark for the aligner exist? | Is there a benchmark for the aligner?
""",
}
APART = {
    "undone": """
Which opcodes are not documented? | Which opcodes are documented?
Which opcodes are not documented? | Which opcodes are not yet documented?
Which opcodes are not documented? | Which opcodes should not be documented?
Which opcodes are not documented in `a.md`? | Which opcodes are undocumented?
Which opcodes are not only documented? | Which opcodes are undocumented?
""",
    "of_a_kind": """
Which fields of the cart are immutable? | List the fields of the immutable cart
Which table columns are nullable? | List the columns of the nullable table
Which endpoints are public? | List the private endpoints
Which endpoints are public? | Which endpoints are not public?
Which endpoints are public? | Which endpoints are only public?
Which endpoint is public? | List the public endpoints
Which public fields are immutable? | Which immutable fields are public?
Which endpoints are public? | Which endpoints are public by default?
Which endpoints are public? | Which endpoints were public?
""",
    "run_by_itself": """
Which jobs run out of memory? | Which jobs are run out of process?
Which quests run the dawn? | Which quests are run at dawn?
Which quests run at dawn? | Which quests run after dawn?
How do the smoke tests run? | How are the smoke tests run?
When does the job run? | When does the job run out?
Which test runs on CI? | List the test runs on CI
When does the job run? | When should the job be run?
Which jobs run into errors? | Which jobs are run in errors?
""",
    "extent": """
How wide is the width of the panel? | What is the width of the panel?
How large is the buffer in `a_b`? | What is the size of the buffer?
How large is the ring buffer? | What is the maximum size of the ring buffer?
How large is the ring buffer? | What is the default size of the ring buffer?
How large is the ring buffer? | How long is the ring buffer?
How large is the ring buffer? | How large can the ring buffer be?
How large is the buffer of the ring? | How large is the ring of the buffer?
How large was the ring buffer? | What is the size of the ring buffer?
How deep is the undo history? | How wide is the undo history?
""",
    "life": """
How long is it? | How long does it live?
How long is a code in the lab valid? | What is the validity period of codes?
How long is a pairing code valid? | How long is a pairing code?
How long is a pairing code valid? | When is a pairing code valid?
How long is a pairing code valid? | How long is a pairing code not valid?
How long is a pairing code valid? | What is the maximum validity period of pairing codes?
How long does a lobby live? | How long does a lobby wait?
How long does a lobby live? | Where does a lobby live?
""",
    "either": """
Is `Contig` a struct or an enum? | Is `Contig` a struct and an enum?
Is `Contig` a struct or an enum? | Is `Contig` a trait or an enum?
Is `Contig` a struct or an enum? | Is `Contig` a struct?
Which wins, env or file? | Which wins, file or env?
Is `A_a` or `B_b` faster? | Is `A_a` faster or `B_b`?
""",
    "on_event": """
Which logs are kept on a `Modem` crash? | Which logs are kept if the modem crashes?
What happens on a server crash? | What happens on a crash server?
What happens on an upload timeout? | What is the upload timeout?
What happens on an upload timeout? | What happens on a timeout?
What happens when the modem restarts? | What happens before the modem restarts?
Which alerts are based on host failure? | Which alerts are based if the host fails?
What depends on network failure? | What depends if the network fails?
What is the limit on buffer overflow? | What is the limit if the buffer overflows?
What happens on modem restart? | What happens on modem reboot?
What is not logged on decoder failure? | What is logged if the decoder fails?
""",
    "across": """
How are reads distributed over the workers? | How are workers distributed over the reads?
How are reads sent over the socket? | How are reads sent across the socket?
How is the playlist kept between tracks? | How is the playlist kept across tracks?
How is the time between restarts measured? | How is the time of restarts measured?
How is the playlist kept between restarts? | How is the playlist kept after restarts?
""",
    "turned": """
Where are AST nodes translated to bytecode? | Where is bytecode translated to AST nodes?
Where are rows converted from messages? | Where are rows converted into messages?
Where are rows inserted into tables? | Where are rows inserted to tables?
Where are modules compiled into `a_b`? | Where are modules compiled in `a_b`?
""",
    "on_startup": """
What happens on startup? | What happens when the server starts?
What happens on startup? | What happens when the app starts a job?
What happens on startup? | What happens when the mobile app starts?
What happens on startup? | What happens if the app stops?
What happens on startup? | What starts the app?
What happens on logout? | What happens when a user logs in?
What happens on logout? | What happens when an admin logs out?
What happens on logout? | What happens when a user logs out twice?
What happens on login? | What happens when the worker logs in the file?
""",
    "during": """
How is stock reserved during checkout? | How is stock reserved before checkout?
How is stock reserved during checkout? | How is stock released during checkout?
How is stock reserved during checkout? | How does stock reserve checkout?
How are torn pages detected during recovery? | How does recovery detect pages?
How are pages read by the worker during recovery? | How does recovery read pages?
""",
    "we_do": """
Which headers do we send? | List the headers we have to send
Which tests do we skip? | List the tests we have skipped
Which tests do we skip? | List the tests we do not skip
Which headers do we send to the relay? | List the headers we send from the relay
List the errors | List the errors we have to handle
List the users | List the users we trust
""",
    "who_does": """
Who maintains the renderer? | What maintains the renderer?
Who reviews the renderer? | What reviews the renderer?
Who writes the renderer? | What writes the renderer?
Who emits the `level_up` event? | What does the `level_up` event emit?
Who emits the `level_up` event? | Who never emits the `level_up` event?
Who can emit the `level_up` event? | What emits the `level_up` event?
""",
    "its_own": """
How does the router send its packet of the day to hosts in the net? | How is the router packet sent to hosts?
Where does the launcher read its theme from? | Where does the theme read its launcher from?
Where does the launcher read its theme from? | Where does the launcher write its theme to?
How does the server write its logs to disk? | How does the server write logs to disk?
How do the neighbours send their packet to the router? | How is the neighbours' packet sent to the router?
How does the loader of the plugin read its theme from disk? | How is the plugin's theme read from disk?
How does the router not send its packet to the host? | How is the router's packet sent to the host?
""",
    "in_manner": """
Explain the recursive flattening of groups in `a_b` | How are groups flattened recursively?
Explain the recursive flattening of groups | Explain the iterative flattening of groups
Explain the recursive flattening of groups | Explain the flattening of recursive groups
Explain the recursive flattening of groups | Explain the flattening of groups
How are lazy textures loaded? | How are textures lazily loaded?
How does lazy loading of textures work? | How does eager loading of textures work?
How are automatic invoices formatted? | How are invoices automatically formatted?
""",
    "place_of": """
Where is the log volume unmounted? | Find the mount point of the log volume
Find the mount points of the log volume | Find the mount point of the log volume
Why is the log volume mounted? | Find the mount point of the log volume
Where is the entry point of the watermark? | Where is the watermark entered?
Find the mount point of the log volume | Find the log volume of the mount point
""",
    "having": """
Which widgets have a tooltip? | List the widgets without a tooltip
Which widgets have a tooltip? | List the tooltips with a widget
Which widgets have a tooltip? | List the widgets that should have a tooltip
Which widgets have a tooltip? | Which widget has a tooltip?
Which tables have no primary key? | List the tables with only a primary key
Which services communicate with redis? | Which services have redis?
Which jobs run with root? | Which jobs have root?
List the tests marked with `slow` | Which tests marked have `slow`?
""",
    "held_in": """
In which header is `radio_init` declared? | Which header does `radio_init` declare?
In which header is `radio_init` declared? | Which headers declare `radio_init`?
In which header is `radio_init` used? | Which header uses `radio_init` in it?
In which header is `radio_init` not declared? | Which header declares `radio_init`?
In which order are plugins declared? | Which order declares plugins?
""",
    "parameter_to": """
What does the second parameter to `mix` mean? | What does the first parameter of `mix` mean?
What does the second parameter to `mix` mean? | What does the second parameter of `max` mean?
What are the parameters to `mix`? | What are the parameters next to `mix`?
What is the step from the parameter to `mix`? | What is the step from the parameter of `mix`?
""",
    "parts_of_kind": """
Which fields does the `Invoice` struct contain? | Which structs does the `Invoice` field contain?
Which fields does the `Invoice` struct contain? | Which fields does the `Invoice` struct read?
List the methods of `Vec3` | List the class methods of `Vec3`
List the fields of the `Invoice` struct | List the structs of the `Invoice` field
""",
    "pinned": """
Which version is `libusb` pinned by? | Which version of `libusb` is pinned?
Which version is `libusb` pinned in `a.toml` to `x_y` by us? | Which version of `libusb` is pinned in `a.toml`?
Which version of `libusb` is pinned? | Which version of `libusb` pins it?
Which version of `libusb` is pinned? | Which version of `libusb` is installed?
To which version is `libusb` pinned? | To which version is `libudev` pinned?
Which version of `libusb` is pinned in `a.toml`? | To which version is `libusb` pinned in `b.toml`?
Which version of `libusb` is pinned in `a.toml`? | To which version is `libusb` pinned?
To which version is `libusb` not pinned? | Which version of `libusb` is pinned?
""",
    "needed": """
Which variables does the `vpc` module require? | Which variables does the `vpc` module read?
Which variables does the `vpc` module require? | Which modules does the `vpc` variable require?
Which variables does the `vpc` module require? | What are the optional variables of the `vpc` module?
Which variables does the `vpc` module not require? | What are the required variables of the `vpc` module?
Which tools does the build need? | What are the needed tools of the build?
""",
    "from_there": """
Which rows from the archive are read by the importer of `a_b`? | Which rows does the importer read from the archive?
Which rows from the archive of the lab are read by the importer? | Which rows does the importer read from the lab?
Which messages does the daemon accept from clients? | Which messages does the client accept from daemons?
Which messages from clients are accepted by the daemon? | Which messages are accepted by the daemon?
Which messages from clients are accepted by the daemon? | Which messages to clients are accepted by the daemon?
Which messages from the daemon are accepted by clients? | Which messages from clients are accepted by the daemon?
Which messages from clients are not accepted by the daemon? | Which messages does the daemon accept from clients?
""",
    "is_there": """
Does a test for the lexer in CI exist? | Is there a test for the lexer?
Does a test for the lexer exist? | Does the lexer exist for a test?
Does a test for the lexer exist? | Is there a lexer for the test?
Does no test for the lexer exist? | Is there a test for the lexer?
Should a test for the lexer exist? | Is there a test for the lexer?
Does a test for the lexer pass? | Is there a test for the lexer?
""",
}
IN_GENERAL = """
How is a broken save file detected? | How are broken save files detected?
How is a variant encoded in a VCF row? | How are variants encoded in VCF rows?
Where is a coupon validated? | Where are coupons validated?
How is a password hashed by the server? | How does the server hash passwords?
When is a token refreshed? | When are tokens refreshed?
"""
OF_ONE = """
How is a token checked by a host in a zone? | How are tokens checked by hosts in the zones?
How is a token checked during boot by a host? | How are tokens checked during boot by two hosts?
How is a class handled? | How are two classes handled?
How is a checksum verified? | How is a single checksum verified?
How is a checksum verified? | How are two checksums verified?
How is the last checksum verified? | How are checksums verified?
How is a first checksum verified? | How are first checksums verified?
Where is a row inserted? | Where are rows inserted?
How is a user deleted? | How are users deleted?
How is a product rendered? | How are products rendered?
Which test verifies a checksum? | Which tests verify checksums?
What is a checksum? | What are checksums?
How is a token rotated in a cluster? | How is a token rotated in the first cluster?
How is a variant encoded in a VCF row? | How is a VCF row encoded in a variant?
How is a key hashed by a node? | How are nodes hashed by keys?
How is the log cached? | How are the logs cached?
"""
OPENINGS = """
Does the linter reject blanks in macros? | Are blanks rejected by the linter in macros?
Does the exporter write dates in UTC? | Are dates written by the exporter in UTC?
Which key is it that toggles the minimap? | Which key toggles the minimap?
Where is it that the sample rate is computed? | Where is the sample rate computed?
Why is it that the encoder drops frames? | Why does the encoder drop frames?
In what order are plugins loaded? | What is the order in which plugins are loaded?
In what format are alignments written? | What is the format in which alignments are written?
From which places is `draw_hud` called? | Where is `draw_hud` called?
Which users can edit maps? | Which users are able to edit maps?
What happens when the daemon starts up? | What happens when the daemon starts?
Which classes are subclasses of `Enemy`? | Which classes extend `Enemy`?
Which command starts the simulator? | What command do I use to start the simulator?
Which function hashes the player's password? | Which function hashes the password of the player?
By which service is the patient's record stored? | Which service stores the patient's record?
What does `GET /v2/players` return? | What does GET /v2/players return?
Is `vsync_mode` set to `true`? | Is `vsync_mode` set to true?
WHICH PASSES USE `loop_info`? | Which passes use `loop_info`?
Where is `emit_phi` called in lower.rs? | Where is emit_phi called, in `lower.rs`?
Explain the discretisation of the mesh | How is the mesh discretized?
"""
OTHER_OPENINGS = """
Does the exporter write dates in UTC? | Are dates in UTC written by the exporter?
Does the server log errors in JSON? | Are errors in JSON logged by the server?
Does the linter reject blanks in macros? | Does the macro reject blanks in linters?
Does the linter reject blanks in macros? | Does the linter not reject blanks in macros?
Does the linter reject blanks in macros? | Does the linter reject macros in blanks?
Does the linter only reject blanks in macros? | Are blanks rejected by the linter in macros?
What is the order in which plugins are? | What is the order of plugins?
WHICH PASSES USE `loop_info` IN PASS_2? | Which passes use `loop_info` in pass_2?
Which key is it that toggles the minimap? | Which key is it that does not toggle the minimap?
Which key toggles the minimap? | Which key is it that the minimap toggles?
Where is it that the sample rate is computed? | Where is it computed that the sample rate is?
In what order are plugins loaded? | In what format are plugins loaded?
What is the order in which plugins are loaded? | What is the order of plugins?
What is the order in which plugins are loaded? | What is the order in which plugins are unloaded?
From which places is `draw_hud` called? | Which places does `draw_hud` call?
From which places is `draw_hud` called? | From which tests is `draw_hud` called?
Which users are able to edit maps? | Which users are not able to edit maps?
Which users are able to edit maps? | Which users edit maps?
What happens when the daemon starts up? | What happens when the daemon shuts down?
Which classes are subclasses of `Enemy`? | Which classes is `Enemy` a subclass of?
Which function hashes the player's password? | Which function hashes the password's player?
What does `GET /v2/players` return? | What does POST /v2/players return?
What does GET /v2/players return? | What does `/v2/players` return?
Is `vsync_mode` set to `true`? | Is `vsync_mode` set to `false`?
WHICH PASSES USE `loop_info`? | Which passes use `LOOP_INFO`?
WHERE IS MAX_SIZE SET? | Where is max_size set?
WHERE IS TIMEOUT SET? | Where is the timeout set?
Which headers does the client include? | Which header files does the client include?
Where is emit_phi called, in `lower.rs`? | Where is emit_phi called, in `upper.rs`?
"""
KINDS = """
Is `Contig` a class? | Is `Contig` a struct?
Is `Contig` a struct or an enum? | Is `Contig` a trait or an enum?
Is foo_bar a function or a method? | Is foo_bar a class or a method?
Why is `Contig` a class? | Why is `Contig` a struct?
Is `Contig` in `a.rs` a class? | Is `Contig` in `a.rs` a struct?
Tell me whether `Contig` is a class | Tell me whether `Contig` is a struct
Explain why `Contig` is a class | Explain why `Contig` is a struct
Why is `Contig` not a class? | Why is `Contig` not a struct?
Is `Contig` really a class? | Is `Contig` really a struct?
Is `Contig` class or struct? | Is `Contig` enum or struct?
Is `Contig` class? | Is `Contig` struct?
Is `foo_bar` the class of `x_y`? | Is `foo_bar` the function of `x_y`?
Is Contig a class? | Is Contig a struct?
Why is foo_bar a method and not a function? | Why is foo_bar a class and not a function?
"""


def is_agreed(line: str) -> bool:
    one, other = (read_query(text) for text in line.split(" | "))
    return agree(one, other).is_agreed


def test_every_rule_has_its_cases() -> None:
    rules = {rule.__name__ for _, rule in OF_WORDS}
    assert rules == set(SAME) == set(APART)


@pytest.mark.parametrize("rule", SAME)
def test_a_rule_joins_what_asks_the_same(rule: str) -> None:
    assert [line for line in SAME[rule].strip().splitlines() if not is_agreed(line)] == []


@pytest.mark.parametrize("rule", APART)
def test_a_rule_keeps_apart_what_only_looks_alike(rule: str) -> None:
    assert [line for line in APART[rule].strip().splitlines() if is_agreed(line)] == []


@pytest.mark.parametrize("line", [*IN_GENERAL.strip().splitlines(), *OPENINGS.strip().splitlines()])
def test_one_of_many_and_another_opening_ask_the_same(line: str) -> None:
    assert is_agreed(line)


@pytest.mark.parametrize("line", OF_ONE.strip().splitlines())
def test_one_that_may_be_another_thing_than_many_stays_apart(line: str) -> None:
    assert not is_agreed(line)


@pytest.mark.parametrize("line", OTHER_OPENINGS.strip().splitlines())
def test_another_question_after_such_an_opening_stays_apart(line: str) -> None:
    assert not is_agreed(line)


@pytest.mark.parametrize("line", KINDS.strip().splitlines())
def test_what_a_thing_is_said_to_be_is_a_part_of_the_question(line: str) -> None:
    assert not is_agreed(line)
