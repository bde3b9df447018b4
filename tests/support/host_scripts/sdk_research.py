"""A bare agent loop on an official SDK, as short as most home-made agents.

`python sdk_research.py WIRE MODEL QUESTION` in a repository; WIRE is a key of ASK.
"""

import json
import sys
from pathlib import Path
from typing import Any

import anthropic
import openai

SYSTEM = "You answer questions about the repository. Look before you answer; change nothing."
READ = {
    "type": "object",
    "properties": {"file_path": {"type": "string"}},
    "required": ["file_path"],
}
GREP = {"type": "object", "properties": {"pattern": {"type": "string"}}, "required": ["pattern"]}
TOOLS = {"Read": ("Read a file.", READ), "Grep": ("Search all files for a text.", GREP)}


def run_tool(name: str, arguments: dict[str, object]) -> str:
    """The tool's output; the names are those of TOOLS."""
    if name == "Read":
        return Path(str(arguments["file_path"])).read_text(encoding="utf-8")
    lines = (
        f"{file.name}:{number}:{line}"
        for file in sorted(Path.cwd().glob("*.*"))
        if file.is_file()
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1)
    )
    return "\n".join(line for line in lines if str(arguments["pattern"]) in line)


def ask_anthropic(model: str, question: str) -> str:
    """Ask over /v1/messages, streaming."""
    client = anthropic.Anthropic()
    tools: list[Any] = [
        {"name": name, "description": text, "input_schema": schema}
        for name, (text, schema) in TOOLS.items()
    ]
    messages: list[Any] = [{"role": "user", "content": question}]
    while True:
        with client.messages.stream(
            model=model, max_tokens=1024, system=SYSTEM, tools=tools, messages=messages
        ) as stream:
            reply = stream.get_final_message()
        uses = [block for block in reply.content if block.type == "tool_use"]
        if not uses:
            return "".join(block.text for block in reply.content if block.type == "text")
        results = [
            {
                "type": "tool_result",
                "tool_use_id": use.id,
                "content": run_tool(use.name, use.input),
            }
            for use in uses
        ]
        messages.append({"role": "assistant", "content": reply.content})
        messages.append({"role": "user", "content": results})


def ask_chat(model: str, question: str) -> str:
    """Ask over /v1/chat/completions, not streaming, with temperature 0."""
    client = openai.OpenAI()
    tools: list[Any] = [
        {
            "type": "function",
            "function": {"name": name, "description": text, "parameters": schema},
        }
        for name, (text, schema) in TOOLS.items()
    ]
    messages: list[Any] = [
        {"role": "system", "content": SYSTEM},
        {"role": "user", "content": question},
    ]
    while True:
        reply: Any = client.chat.completions.create(
            model=model, tools=tools, messages=messages, temperature=0
        )
        message = reply.choices[0].message
        if not message.tool_calls:
            return str(message.content)
        messages.append(message)
        for call in message.tool_calls:
            text = run_tool(call.function.name, json.loads(call.function.arguments))
            messages.append({"role": "tool", "tool_call_id": call.id, "content": text})


def ask_responses(model: str, question: str) -> str:
    """Ask over /v1/responses, streaming, nothing stored at the provider."""
    client = openai.OpenAI()
    tools: list[Any] = [
        {"type": "function", "name": name, "description": text, "parameters": schema}
        for name, (text, schema) in TOOLS.items()
    ]
    items: list[Any] = [{"role": "user", "content": question}]
    while True:
        with client.responses.stream(
            model=model, instructions=SYSTEM, tools=tools, input=items, store=False
        ) as stream:
            reply = stream.get_final_response()
        calls = [item for item in reply.output if item.type == "function_call"]
        if not calls:
            return reply.output_text
        for call in calls:
            sent = {"type": "function_call", "call_id": call.call_id, "name": call.name}
            items.append(sent | {"arguments": call.arguments})
            text = run_tool(call.name, json.loads(call.arguments))
            items.append({"type": "function_call_output", "call_id": call.call_id, "output": text})


ASK = {"anthropic": ask_anthropic, "openai-chat": ask_chat, "openai-responses": ask_responses}

if __name__ == "__main__":
    wire, model, question = sys.argv[1:]
    sys.stdout.write(f"{ASK[wire](model, question)}\n")
