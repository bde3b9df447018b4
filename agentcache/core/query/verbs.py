"""Verbs and the forms derived from them; data checked by hand.

A word that is a noun in most programs is no verb here: a verb that is missing costs a hit.
"""


def word_set(text: str) -> frozenset[str]:
    """The words of a text, for tables that a reader can scan."""
    return frozenset(text.split())


_VERBS = """
abbreviate abort accept access accumulate acknowledge acquire activate add adjust administer
affect aggregate allocate allow alter amend analyze animate annotate announce anonymize append
apply archive arrange assemble assert assign attach augment authenticate authorize autoload avoid
await backtrack balance ban batch begin behave belong bind blend block boost boot bootstrap
broadcast build bump bundle cache calculate calibrate call cancel cap capitalize capture cast
catch cause censor centralize change charge check choose clamp clean clear clip clone close
coalesce coerce collapse collect collide color combine come commit communicate compact compare
compensate compile complete compose compress compute concatenate conceal configure confirm conform
connect consolidate construct consume contain contribute control convert coordinate copy correlate
corrupt count cover crawl create crop customize damp deallocate debounce decide declare decode
decompose decompress decorate decrease decrement decrypt deduce deduct deduplicate defer define
defragment degrade delegate delete deliver demonstrate demultiplex denormalize deny depend deploy
deprecate dequeue dereference deregister derive describe deserialize despawn destroy desugar
detach detect determine devirtualize differ disable disallow disassemble discard disconnect
discover dismiss dispatch display dispose distribute divide document downgrade download downsample
downscale drag drain draw drive drop dump duplicate elect elevate elide eliminate embed emit
employ emulate enable encapsulate encode encounter encrypt endorse enforce enlarge enqueue enrich
ensure entail enter enumerate erase erode escape establish estimate evaluate evict exceed exclude
execute exempt exercise exhaust exist exit expand expect expire explode export expose extend
extract fail falsify federate feed fetch filter finalize find finish fire fit flash flatten flip
flush fold follow forbid format forward free freeze fulfill fuzz garble gather generate get govern
grab graft grant group grow guard halt handle happen harden harvest hash have hide highlight hoist
hold honor hydrate ignore illuminate impersonate implement import impose include increase
increment index infer inflate influence inform inherit inhibit initialize inject inline insert
inspect install instantiate interact intercept interleave intern interpolate interpret interrupt
intersect introduce introspect invalidate invert invite invoke isolate issue iterate join justify
keep kill know launch learn leverage limit linearize link list listen live load localize locate
lock log look lookup loosen lower lowercase magnify maintain make manage map mark marshal
materialize maximize mean measure memoize mention merge migrate minify minimize mint mix mock
moderate modify monitor mount move multiplex multiply mutate mute name navigate need negotiate
normalize notify nullify obey obfuscate observe obtain occur offer omit open optimize order output
override oversee own pack pad paint parallelize parameterize parse partition pass paste patch
pause peel penalize perform permit persist personalize pick pin ping play poll pool pop populate
postpone predict preempt prefetch preload prepare prepend preprocess preserve prevent print
prioritize process produce profile program prohibit propagate protect provide prune publish pull
purge purify push put qualify quantize quarantine query queue quiesce raise randomize rasterize
reach react read reallocate reapply rearrange reassemble reassign rebalance rebuild recalculate
receive recheck reclaim recognize recompile recompute reconcile reconnect reconstruct record
recover recreate recur recycle redact redeem redefine redeploy redirect redistribute redraw reduce
reevaluate refactor refer refill refine reflow reformat refresh refund refuse regenerate register
regress rehash reindex reinitialize reinstall reinterpret reject relax relay release reload
relocate rely remap remember remind remove rename render renew reopen reorder repair reparse
replace replay replicate repopulate report represent reprocess repurpose request requeue require
rerun resample rescale reschedule resend reserve reset resize resolve respond restart restore
restrict resubmit resubscribe resume resync retain retire retransmit retrieve retrigger retry
return reupload reuse revalidate revert revoke reweight rewind rewrite rotate roll round route run
sample sanitize saturate save scaffold scale scan scatter schedule score scrape secure seed select
send separate serialize serve set settle shard share ship shorten show shrink shuffle shut
shutdown sift sign silence simplify simulate skip sleep sniff snooze solve sort spawn specialize
specify spill spin splice split stall standardize start step stitch stop store stream strip
subdivide submit subscribe substitute subtract suggest summarize supply support suppress survive
suspend swap sweep sync synchronize synthesize tag taint take talk terminate tessellate test
throttle throw tighten toggle tokenize tolerate trace track train transcode transfer transform
translate transmit transpile transpose traverse treat triangulate trigger trim truncate tune
typecheck unblock undo unescape unify uninstall unload unlock unmarshal unmount unpack unregister
unsubscribe unwind unzip update upgrade upload uppercase use utilize validate vary vectorize
verify version veto virtualize visit wait wake walk warm watch weigh widen wipe work wrap write
yield zip
advertise approve assess autocomplete backfill consult decline dehydrate demangle disarm escalate
examine indent ingest kick legalize mangle postprocess prerender reap rehydrate respect scrub seal
steer supervise unfreeze unroll unseal decompile dedupe discretize fuse orchestrate preallocate
precompute prefill provision rebind recalibrate reconfigure reissue upsert wire mask gzip understand
"""

_IRREGULAR = {
    "freeze": "frozen",
    "redraw": "redrawn",
    "resend": "resent",
    "undo": "undone",
    "unwind": "unwound",
    "make": "made",
    "begin": "begun",
    "grow": "grown",
    "know": "known",
    "mean": "meant",
    "spin": "spun",
    "shrink": "shrunk",
    "sweep": "swept",
    "rerun": "rerun",
    "rewind": "rewound",
    "bind": "bound",
    "forbid": "forbidden",
    "build": "built",
    "catch": "caught",
    "choose": "chosen",
    "draw": "drawn",
    "drive": "driven",
    "feed": "fed",
    "find": "found",
    "get": "got",
    "have": "had",
    "hide": "hidden",
    "hold": "held",
    "keep": "kept",
    "send": "sent",
    "show": "shown",
    "sleep": "slept",
    "take": "taken",
    "throw": "thrown",
    "wake": "woken",
    "write": "written",
    "oversee": "overseen",
    "come": "come",
    "understand": "understood",
    "rebind": "rebound",
    "unfreeze": "unfrozen",
    "rewrite": "rewritten",
    "rebuild": "rebuilt",
    "override": "overridden",
    "withdraw": "withdrawn",
    "broadcast": "broadcast",
    "cast": "cast",
    "fit": "fit",
    "put": "put",
    "read": "read",
    "reset": "reset",
    "run": "run",
    "set": "set",
    "shut": "shut",
    "split": "split",
}

_DOUBLED = word_set(
    "gzip "
    "scrub resubmit retransmit remap unmap unzip recur format reformat flip grab unwrap typeset "
    "ban bat begin cap clip "
    "commit control debug defer drag emit infer omit scan step unship "
    "transfer rerun crop drop embed log map pad pin plan pop refer ship skip stop strip "
    "submit swap tag "
    "forbid occur transmit permit trim unpin unwrap wrap zip run get put set reset shut split"
)


def third_of(verb: str) -> str:
    """`reads`."""
    if verb == "have":
        return "has"
    if verb.endswith(("s", "x", "z", "ch", "sh", "o")):
        return verb + "es"
    if verb.endswith("y") and verb[-2] not in "aeiou":
        return verb[:-1] + "ies"
    return verb + "s"


def participle_of(verb: str) -> str:
    """`written`."""
    if verb in _IRREGULAR:
        return _IRREGULAR[verb]
    if verb.endswith("e"):
        return verb + "d"
    if verb.endswith("y") and verb[-2] not in "aeiou":
        return verb[:-1] + "ied"
    return verb + verb[-1] * (verb in _DOUBLED) + "ed"


def gerund_of(verb: str) -> str:
    """`writing`."""
    if verb.endswith("e") and not verb.endswith("ee"):
        return verb[:-1] + "ing"
    return verb + verb[-1] * (verb in _DOUBLED) + "ing"


BASES = frozenset(_VERBS.split())
"""Verbs in their base form."""
PARTICIPLE_OF = {verb: participle_of(verb) for verb in BASES}
THIRD_OF = {verb: third_of(verb) for verb in BASES}
BASE_OF_THIRD = {third: verb for verb, third in THIRD_OF.items()}
BASE_OF_DONE = {participle: verb for verb, participle in PARTICIPLE_OF.items()}
BASE_OF_GERUND = {gerund_of(verb): verb for verb in BASES}
PARTICIPLES = frozenset(PARTICIPLE_OF.values())
BARE_PARTICIPLES = frozenset(verb for verb in BASES if PARTICIPLE_OF[verb] == verb)
"""Participles that look like the base form: `read`, `set`, `run`."""

AGENTIVE = word_set(
    """
    abort accept access accumulate acknowledge acquire activate add adjust administer advertise
    affect allocate alter amend analyze animate annotate announce anonymize append apply approve
    archive assemble assert assess assign attach augment authenticate authorize autocomplete
    autoload avoid await backfill ban begin bind block boot bootstrap broadcast build bundle cache
    calculate calibrate call cancel cap capitalize capture catch cause censor centralize change
    check choose clean clear clip clone close coalesce coerce collect compact compile complete
    compose compress compute concatenate conceal configure confirm connect consolidate construct
    consult consume contain control convert coordinate copy corrupt cover crawl create customize
    deallocate debounce decide declare decline decode decompile decompose decompress decorate
    decrement decrypt deduce dedupe deduplicate defer define defragment degrade dehydrate delegate
    delete deliver demangle demultiplex denormalize deny deploy deprecate dequeue dereference
    deregister derive describe deserialize despawn destroy desugar detach detect determine
    devirtualize disable disallow disarm disassemble discard disconnect discover discretize dismiss
    dispatch display dispose distribute document downgrade download drain draw drive drop dump
    duplicate elect elide eliminate embed emit employ emulate enable encapsulate encode encounter
    encrypt enforce enqueue enrich ensure enter enumerate erase escalate escape establish estimate
    evaluate evict examine exceed exclude execute exempt exercise expand expect export expose
    extend extract federate feed fetch finalize find flatten flush follow forbid format forward
    free freeze fulfill fuse garble gather generate govern grab grant guard gzip halt handle harden
    harvest hash hide highlight hoist hold hydrate ignore impersonate implement import impose
    include increment indent infer influence inform ingest inherit inhibit initialize inject inline
    insert inspect install instantiate intercept intern interpolate interpret interrupt introduce
    introspect invalidate invoke isolate issue justify keep kick kill launch legalize leverage
    linearize list load localize lock log lookup lowercase maintain make manage mangle map mark
    marshal mask materialize memoize mention merge migrate minify minimize mint mock moderate
    modify monitor mount move mutate mute name need negotiate normalize notify nullify obey
    obfuscate observe obtain offer omit open optimize orchestrate output override oversee own pad
    paint parallelize parse paste patch pause perform permit persist poll populate postpone
    postprocess preallocate precompute predict preempt prefetch prefill preload prepare prepend
    preprocess prerender preserve prevent print prioritize process produce prohibit propagate
    protect provide provision prune publish pull purge purify push quarantine query queue raise
    randomize rasterize reach read reallocate reap reapply rearrange reassemble reassign rebalance
    rebind rebuild recalculate recalibrate receive recheck reclaim recognize recompile recompute
    reconcile reconfigure reconstruct record recover recreate recycle redact redeem redefine
    redeploy redirect redistribute redraw reevaluate refactor refill refine reformat refresh refund
    refuse regenerate register rehash rehydrate reindex reinitialize reinstall reinterpret reissue
    reject relay release relocate remap remove rename render renew reopen repair reparse replay
    replicate repopulate report represent reprocess request requeue require rerun reschedule resend
    reserve reset resize resolve respect restart restore resubmit resync retain retire retransmit
    retrieve retrigger retry return reuse revalidate revert revoke rewrite roll rotate round run
    sanitize save scaffold scan schedule scrape scrub seal secure seed send serialize serve set
    settle share show shuffle sign silence simplify simulate skip sniff solve spawn specify spill
    splice start steer stitch stop store stream strip submit substitute subtract suggest summarize
    supervise supply support suppress suspend sweep sync synchronize synthesize taint take
    terminate test throttle throw tokenize tolerate trace track train transcode transfer transform
    translate transmit transpile transpose traverse treat triangulate trigger trim truncate tune
    typecheck unblock understand undo unescape unfreeze unify uninstall unload unlock unmarshal
    unmount unpack unregister unroll unseal unsubscribe unwind unzip update upgrade upload upsert
    use utilize validate vectorize verify veto virtualize visit wake warm watch wipe wire wrap
    write yield
    """
)
"""Verbs after which `by X` names who does it; `grouped by user` is not what the user groups."""
