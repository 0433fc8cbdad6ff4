#!/usr/bin/env python3
"""Reads the golden conversations as an operator's script would: XML by a parser, JSON by another.

Checks that every XML and JSON answer is well-formed, that sessions' elements stand in the order of
the published layouts, that JSON has no name twice in one object, and that both say the same.
"""
import json
import pathlib
import sys
import xml.etree.ElementTree as ElementTree

SESSION_ORDER = """session-identifier status session-flag policy nat-source-pool-name application-name
application-value dynamic-application-name encryption-traffic-name application-traffic-control-rule-set-name
application-traffic-control-rule-name configured-timeout timeout sess-state logical-system wan-acceleration
start-time duration session-mask flow-information""".split()
WING_ORDER = """direction source-address source-port destination-address destination-port protocol conn-tag
interface-name session-token flag route gateway tunnel-information port-sequence fin-sequence fin-state
seq-ack-diff pkt-cnt byte-cnt""".split()
# Answers in XML, in JSON, in both forms, and configurations among the last: fewer than there were is a mistake.
AT_LEAST = 46, 27, 17, 6
bad = []


def conversations(path):
    command, answer = None, []
    for line in path.read_text().split("\n"):
        if line.startswith("> "):
            if command:
                yield command, "\n".join(answer)
            command, answer = line[2:], []
        else:
            answer.append(line)
    if command:
        yield command, "\n".join(answer)


def local(tag):
    return tag.split("}")[-1]


def in_order(element, order, where):
    places = [order.index(local(child.tag)) for child in element]
    if places != sorted(places):
        bad.append(f"{where}: elements of <{local(element.tag)}> out of order")


def check_xml(where, text):
    root = ElementTree.fromstring(text)
    if local(root.tag) != "rpc-reply" or local(root[-1].tag) != "cli":
        bad.append(f"{where}: not wrapped as the command line wraps XML")
    for element in root.iter():
        if local(element.tag) == "flow-session":
            in_order(element, SESSION_ORDER, where)
            if element.find("{*}logical-system") is None:
                bad.append(f"{where}: a session without its logical system")
        if local(element.tag) == "flow-information":
            in_order(element, WING_ORDER, where)
    return root


def no_twins(pairs):
    names = [name for name, _ in pairs]
    if len(names) != len(set(names)):
        bad.append(f"a JSON object has a name twice: {names}")
    return dict(pairs)


def flat_xml(element):
    children = [flat_xml(child) for child in element]
    return [local(element.tag), children if children else (element.text or "").strip("\n ") or None]


def flat_json(name, item):
    children = [flat_json(n, i) for n, list_ in item.items() if n not in ("attributes", "data") for i in list_]
    value = item.get("data")
    value = None if value in (None, [None], "") else value.strip("\n ")
    return [name, children if children else value]


def configured_xml(element):
    """[[name, whether it is inactive, value or what is inside]] of a configuration's element."""
    inside = [one for child in element for one in configured_xml(child)]
    return [[local(element.tag), element.get("inactive") == "inactive", inside or (element.text or "").strip() or None]]


def configured_json(name, item):
    """The same of a member. A list stands for as many elements, and null for one without value."""
    if isinstance(item, list):
        return [one for member in item for one in configured_json(name, member)]
    if isinstance(item, dict):
        inside = [one for n, i in item.items() if n != "@" for one in configured_json(n, i)]
        return [[name, item.get("@", {}).get("inactive", False), inside or None]]
    return [[name, False, item if item is None or isinstance(item, str) else json.dumps(item)]]


def main(folder):
    answers = {"xml": {}, "json": {}}
    for path in sorted(pathlib.Path(folder).glob("*.txt")):
        for command, text in conversations(path):
            where = f"{path.name}: {command}"
            pipes = [pipe.strip() for pipe in command.split("|")[1:]]
            if pipes == ["display xml"]:
                answers["xml"][(path.stem.split("_")[0], command.split("|")[0])] = (where, check_xml(where, text))
            if pipes == ["display json"]:
                answers["json"][(path.stem.split("_")[0], command.split("|")[0])] = (
                    where, json.loads(text, object_pairs_hook=no_twins))
    both, configurations = 0, 0
    for key, (where, tree) in answers["json"].items():
        if key not in answers["xml"]:
            continue
        both += 1
        replies = [child for child in answers["xml"][key][1] if local(child.tag) != "cli"]
        if [local(reply.tag) for reply in replies] == ["configuration"]:
            configurations += 1
            from_xml = configured_xml(replies[0])
            # Where nothing is configured, nothing is in the object.
            from_json = configured_json("configuration", tree.get("configuration", {}))
        else:
            from_xml = [flat_xml(child) for child in replies]
            from_json = [flat_json(name, item) for name, list_ in tree.items() for item in list_]
        if from_xml != from_json:
            bad.append(f"{where}: XML and JSON differ")
    checked = len(answers["xml"]), len(answers["json"]), both, configurations
    if any(number < least for number, least in zip(checked, AT_LEAST)):
        bad.append("too few answers checked: {} XML, {} JSON, {} in both forms, {} of them configurations"
                   .format(*checked))
    print("\n".join(bad) if bad else f"{len(answers['xml'])} XML and {len(answers['json'])} JSON answers hold")
    return 1 if bad else 0


sys.exit(main(sys.argv[1]))
