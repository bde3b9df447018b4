"""llama.cpp's own HTTP server on a free port of the loopback, until the standard input ends.

`python serve_gguf.py MODEL TEMPLATE` prints its address once it is ready.
"""

import sys

import xllamacpp


def main(model: str, template: str) -> None:
    """Serve, one prompt at a time in one slot that keeps the newest prompt."""
    parameters = xllamacpp.CommonParams()
    parameters.model.path = model
    parameters.chat_template = template
    parameters.hostnames = ["127.0.0.1"]
    parameters.port = 0
    parameters.n_parallel = 1
    parameters.cache_ram_mib = 0  # no other prompts beside it
    for threads in (parameters.cpuparams, parameters.cpuparams_batch):
        threads.n_threads = 1  # two that wait for each other are slow on a busy machine
        threads.poll = 0
    parameters.flash_attn_type = xllamacpp.llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_ENABLED
    parameters.warmup = False
    parameters.fit_params = False
    server = xllamacpp.Server(parameters)
    sys.stdout.write(f"{server.listening_address}\n")
    sys.stdout.flush()
    sys.stdin.read()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
