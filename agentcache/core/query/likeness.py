"""Words of which one may stand for another in a question, and words that exclude each other.

Only what programmers use for one and the same thing is listed: `saved` is not `stored`, `cleared`
is not `cleaned`, a method is not a function. A class that is missing costs a hit, a class that is
wrong serves a wrong answer.
"""

from agentcache.core.query.lexicon import THIRD_OF, gerund_of, participle_of, third_of, word_set

_VERB_CLASSES = """
allow permit
begin start launch
build construct assemble
call invoke
check verify validate
choose pick select
compute calculate
control govern
convert transform
cover exercise
delete remove
detect discover
determine decide
divide split
fetch retrieve obtain acquire
finish complete
forbid disallow prohibit
generate produce
happen occur
ignore skip
limit cap restrict
merge combine
modify change alter
need require
notify inform
protect guard
raise throw
run execute
save persist
send transmit
show display
stop halt
use utilize employ
"""

_DONE_CLASSES = """
handled processed
sorted ordered
stored kept
"""
"""Only these forms: a process, an order and a store are things."""

_NOUN_CLASSES = """
admin administrator
admins administrators
application app
applications apps
command cmd
commands cmds
dependency dep
dependencies deps
documentation docs
id identifier
ids identifiers
information info
library lib
libraries libs
message msg
messages msgs
parameter argument
parameters arguments
permissions perms
specification spec
specifications specs
variable var
variables vars
stage phase
stages phases
flag switch
flags switches
field attribute
fields attributes
reason rationale
each every
multiple several
asynchronous async
synchronous sync
authentication authn
authorization authz
kubernetes k8s
postgres postgresql
"""

_COMPOUNDS = """
backend = back end
frontend = front end
entrypoint = entry point
entrypoints = entry points
filename = file name
filenames = file names
codepath = code path
websocket = web socket
websockets = web sockets
timeout = time out
timeouts = time outs
startup = start up
shutdown = shut down
lifecycle = life cycle
workflow = work flow
workflows = work flows
dataset = data set
datasets = data sets
metadata = meta data
namespace = name space
timestamp = time stamp
timestamps = time stamps
subclass = child class
superclass = base class
healthcheck = health check
healthchecks = health checks
codebase = code base
subclasses = child classes
superclass = parent class
"""

CASELESS = word_set(
    "api apis ast aws ci cli cors cpu css csv db dns dom gpu gui html http https id ide io ip jpeg "
    "json jwt llm oauth orm os pdf png rest rpc sdk sms sql ssh ssl svg tcp tls toml tty ttl "
    "udp ui "
    "uri uris url urls utf uuid uuids xml yaml "
    "english french german spanish docker redis postgres python linux windows kubernetes kafka git "
    "github gitlab graphql sqlite mysql mongodb rabbitmq elasticsearch prometheus grafana stripe "
    "sentry slack javascript typescript websocket websockets "
    "adc arn cdn cidr cname crc crd crds csrf cuda dhcp dma ecs eeprom eks etcd ffi gcp gpio grpc "
    "hmac iam imu ipc irq isr kms ldap lru lsp mdns mfa mime mqtt mtls nat nfs nginx oidc onnx pid "
    "pki pwm raii rbac rpcs saml smtp sns spi sqs ssd sso ssrf tpm ttls uart udf udfs usb vlan vm "
    "vms vpc vpn wal wasm xss ansible bitbucket cassandra celery datadog dockerfile elasticsearch "
    "gradle hadoop helm istio jenkins jira keycloak mariadb maven memcached mongo numpy okta "
    "opentelemetry pagerduty pandas paypal pyspark pytorch rabbitmq snowflake spark splunk "
    "rust java scala kotlin ruby perl julia fortran erlang haskell php macos ios android tsv wgsl "
    "glsl hlsl opengl vulkan webgl llvm jit lto abi simd repl gc ecs mpi hdf5 qml "
    "dag dags tensorboard tensorflow terraform twilio vault webpack zookeeper"
)
"""Names and abbreviations that people write in any case: `JWT`, `jwt`."""


def _inflected(classes: str) -> dict[str, str]:
    """Every form of a verb to the same form of the first verb of its class."""
    found: dict[str, str] = {}
    for line in classes.strip().splitlines():
        first, *others = line.split()
        for verb in others:
            for form in (str, third_of, gerund_of, participle_of):
                found[form(verb)] = form(first)
            found[participle_of(verb) + "+"] = participle_of(first) + "+"
    return found


def _first_of(classes: str) -> dict[str, str]:
    lines = (line.split() for line in classes.strip().splitlines())
    return {word: first for first, *others in lines for word in others}


SAME_WORD = (
    _inflected(_VERB_CLASSES)
    | _first_of(_NOUN_CLASSES)
    | _first_of(_DONE_CLASSES)
    | {f"{word}+": f"{first}+" for word, first in _first_of(_DONE_CLASSES).items()}
)
"""One word for another in any place, the right side stands for the class."""


def _members() -> dict[str, tuple[str, str]]:
    """Every form of every word of a class: the first word of the class, and the word itself."""
    found: dict[str, tuple[str, str]] = {}
    for classes, forms in (
        (_VERB_CLASSES, (str, third_of, gerund_of, participle_of)),
        (_DONE_CLASSES, (str,)),
        (_NOUN_CLASSES, (str,)),
    ):
        for line in classes.strip().splitlines():
            first, *others = line.split()
            for word in (first, *others):
                for form in forms:
                    found[form(word)] = found[form(word) + "+"] = (first, word)
    return found


MEMBER_OF = _members()
"""Class and word of every form in SAME_WORD, for questions that tell two words of a class apart."""

DOING_BASES = frozenset(_VERB_CLASSES.split())
"""The words of the classes of verbs in their base form, in which they may be names too."""

_CONFIGURED = {"set": "configured", "set+": "configured+", "setting": "configuring",
               "sets": "configures"}  # fmt: skip
_THROTTLED = {"limited": "throttled", "limited+": "throttled+", "limiting": "throttling"}
_SETTINGS = {
    ("configuration", noun + number): "setting" + number
    for noun in ("option", "setting")
    for number in ("", "s")
}
_JOINED: dict[tuple[str, str], str] = {}
for _line in _COMPOUNDS.strip().splitlines():
    _whole, _first, _second = _line.replace(" = ", " ").split()
    _JOINED[_first, _second] = _whole
SAME_PAIR = (
    {(word, "up"): to for word, to in _CONFIGURED.items()}
    | {("rate", word): to for word, to in _THROTTLED.items()}
    | _SETTINGS
    | _JOINED
)
"""Two words for one; hyphens are taken apart before."""

DONE_NOUNS = {
    "definition": "defined", "definitions": "defined", "declaration": "declared",
    "aggregation": "aggregated", "cancellation": "cancelled", "capture": "captured",
    "deallocation": "deallocated",
    "delivery": "delivered", "deployment": "deployed", "discovery": "detected",
    "elimination": "eliminated", "enforcement": "enforced", "expansion": "expanded",
    "extraction": "extracted", "generation": "generated", "inference": "inferred",
    "injection": "injected", "insertion": "inserted", "installation": "installed",
    "invocation": "called", "localization": "localized",
    "prioritization": "prioritized", "reconciliation": "reconciled",
    "redaction": "redacted", "replication": "replicated", "restoration": "restored",
    "retrieval": "fetched", "revocation": "revoked", "submission": "submitted",
    "synchronization": "synchronized", "termination": "terminated",
    "transmission": "sent", "traversal": "traversed", "truncation": "truncated",
    "update": "updated", "upload": "uploaded", "download": "downloaded",
    "allocation": "allocated", "authentication": "authenticated", "authorization": "authorized",
    "calculation": "computed", "compression": "compressed", "computation": "computed",
    "configuration": "configured", "construction": "built", "conversion": "converted",
    "creation": "created", "decoding": "decoded", "decryption": "decrypted",
    "deletion": "deleted", "detection": "detected", "dispatch": "dispatched",
    "dispatching": "dispatched", "encoding": "encoded", "encryption": "encrypted",
    "evaluation": "evaluated", "eviction": "evicted", "execution": "run", "flush": "flushed",
    "formatting": "formatted", "handling": "handled", "hashing": "hashed",
    "implementation": "implemented", "initialization": "initialized",
    "instantiation": "instantiated", "invalidation": "invalidated", "loading": "loaded",
    "normalization": "normalized", "parsing": "parsed", "processing": "handled",
    "propagation": "propagated", "refill": "refilled", "refresh": "refreshed",
    "registration": "registered", "removal": "deleted", "rendering": "rendered",
    "resolution": "resolved", "rotation": "rotated", "sanitization": "sanitized",
    "scheduling": "scheduled", "selection": "chosen", "serialization": "serialized",
    "deserialization": "deserialized", "throttling": "throttled", "tokenization": "tokenized",
    "validation": "checked", "verification": "checked",
}  # fmt: skip
"""Nouns of doing with the participle that says the same: `handling of X` is how X is handled."""

SIDES = word_set("server client browser edge cloud disk memory gpu cpu thread")
DONE_AT_SIDES = word_set(
    "rendering loading processing parsing hashing encryption compression formatting validation "
    "decoding encoding execution"
)
"""What is done at a side is not done to it: `server rendering`."""

_PLACED = frozenset(DONE_NOUNS) - word_set(
    "aggregation capture generation injection installation inference extraction replication "
    "submission update upload download expansion transmission deployment delivery allocation "
    "authentication authorization compression conversion construction detection encoding "
    "decoding encryption decryption execution formatting hashing resolution rotation selection "
    "dispatch"
)
PLACED_NOUNS = _PLACED | word_set(
    "accumulation deduplication discretization finalization interpolation "
    "minification obfuscation quantization rejection renewal suppression"
)
"""Those whose place is where it is done; an `allocation` or `encoding` may be a thing as well."""

_MORE_DONE = """
accumulation accumulate, adjustment adjust, anonymization anonymize, assignment assign,
calibration calibrate, comparison compare, compilation compile,
concatenation concatenate, consumption consume, correction correct, decomposition decompose,
deduplication deduplicate, destruction destroy, discretization discretize, disposal dispose,
emission emit, estimation estimate, exclusion exclude, exposure expose, finalization finalize,
fusion fuse, hydration hydrate, inclusion include, interception intercept,
interpolation interpolate, maintenance maintain, management manage, memoization memoize,
minification minify, negotiation negotiate, obfuscation obfuscate, optimization optimize,
parallelization parallelize, persistence persist, preparation prepare, preservation preserve,
protection protect, publication publish, quantization quantize, reconstruction reconstruct,
recovery recover, reduction reduce, rejection reject, renewal renew, replacement replace,
retention retain, segmentation segment, simplification simplify, storage store,
substitution substitute, suppression suppress, transfer transfer, transformation transform,
translation translate, unification unify, vectorization vectorize,
acceptance accept, acquisition acquire, activation activate, approval approve, avoidance avoid,
consolidation consolidate, coordination coordinate, customization customize,
delegation delegate, denormalization denormalize, deprecation deprecate, dismissal dismiss,
duplication duplicate, election elect, emulation emulate, encapsulation encapsulate,
enrichment enrich, enumeration enumerate, escalation escalate, inspection inspect,
isolation isolate, linearization linearize, migration migrate, orchestration orchestrate,
prevention prevent, randomization randomize, rasterization rasterize, relocation relocate,
simulation simulate, suspension suspend, treatment treat
"""
OBJECT_NOUNS = {
    noun: SAME_WORD.get(participle_of(verb), participle_of(verb))
    for noun, verb in (pair.split() for pair in _MORE_DONE.replace("\n", " ").strip().split(", "))
}
"""More of them; what stands before one may be where it is done, so that `of` must say what to."""

NEVER_OBJECTS = word_set(
    "protection recovery storage replacement comparison management exclusion retention acceptance "
    "approval duplication migration treatment inspection delegation simulation"
)
"""What stands before these is not always what is done to: `overflow protection`."""

DOER_NOUNS = {
    "dispatcher": "dispatched", "parser": "parsed", "validator": "checked",
    "serializer": "serialized", "renderer": "rendered", "loader": "loaded",
    "handler": "handled", "scheduler": "scheduled",
}  # fmt: skip
"""Nouns of a doer: to find the `dispatcher of X` is to find where X is dispatched."""

MECHANISMS = word_set(
    "mechanism process algorithm logic flow workflow pipeline strategy scheme procedure protocol"
)
"""Things that are explained by how they work."""

_OPPOSITES = """
add/remove add/delete create/delete create/destroy start/stop open/close enable/disable
acquire/release lock/unlock connect/disconnect encrypt/decrypt encode/decode upload/download
import/export push/pop push/pull show/hide increment/decrement increase/decrease
serialize/deserialize before/after first/last minimum/maximum input/output request/response
read/write load/save save/restore subscribe/unsubscribe attach/detach mount/unmount
install/uninstall allow/forbid allow/deny accept/reject mandatory/optional needed/optional
up/down in/out on/off with/without to/from into/from sync/async synchronous/asynchronous
public/private client/server frontend/backend local/remote left/right source/target old/new
fastest/slowest parent/child success/failure succeed/fail pass/fail send/receive publish/consume
publish/subscribe hit/miss enqueue/dequeue register/unregister register/deregister
upgrade/downgrade commit/revert compress/decompress pause/resume grow/shrink expand/collapse
activate/deactivate valid/invalid internal/external development/production inside/outside
above/below upper/lower shared/exclusive merge/split bind/unbind wrap/unwrap pack/unpack
freeze/thaw insert/delete select/deselect
"""
OPPOSITES = frozenset(frozenset(pair.split("/")) for pair in _OPPOSITES.split())
"""Words, in their base form, of which one never stands for the other."""

FOREIGN = (
    word_set(
        "der das ist wird werden wo wie und nicht eine einen dem den des fuer welche welcher "
        "welches "
        "warum wer el los las es esta donde como que cual por para una quel quelle quels "
        "quelles les "
        "une est dans pour avec sont comment il lo gli dove come perche che della nel sono "
        "onde qual "
        "quais uma em nao hvor hvordan waar hoe het een wat zijn gdzie jak jest"
    )
    - THIRD_OF.keys()
    - word_set("come")
)
"""Words that show that a text is not English, none of them an English word of a question."""
