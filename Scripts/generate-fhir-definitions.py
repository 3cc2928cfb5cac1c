#!/usr/bin/env python3
"""Write the FHIR R4 tables that Sources/FHIR embeds.

Reads the HL7 FHIR R4 (4.0.1) definitions, CC0-1.0, and writes line-based tables as Swift source
under Sources/FHIR/Generated. The tables are static strings and not array literals: the compiler
passes over them in no time, and they are parsed once at first use.

usage: Scripts/generate-fhir-definitions.py [definitions folder]
"""

import json
import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SOURCE = os.path.join(os.path.dirname(ROOT), "shared", "data", "fhir-r4-definitions")
TARGET = os.path.join(ROOT, "Sources", "FHIR", "Generated")

# The search parameters that the server indexes. A new one needs an extraction rule for its type.
SEARCH_CODES = ["identifier", "patient", "subject", "code", "date", "name", "birthdate", "gender"]

# Compartment parameters that say whom a resource is about, before those that say who took part.
PRIMARY_COMPARTMENT_CODES = ["patient", "subject", "beneficiary", "individual"]

PRIMITIVES = {
    "boolean", "integer", "string", "decimal", "uri", "url", "canonical", "base64Binary", "instant",
    "date", "dateTime", "time", "code", "oid", "id", "markdown", "unsignedInt", "positiveInt",
    "uuid", "xhtml",
}  # fmt: skip

FHIR_TYPE = "http://hl7.org/fhir/StructureDefinition/structuredefinition-fhir-type"
PROFILE = "http://hl7.org/fhir/StructureDefinition/"
LETTER = {"Element": "E", "BackboneElement": "B", "Resource": "R", "DomainResource": "D"}


def load(folder, name):
    with open(os.path.join(folder, name + ".json"), encoding="utf-8") as file:
        return [entry["resource"] for entry in json.load(file)["entry"]]


class Model:
    """Type name -> (base, [element]); element = (name, min, max, types, content reference)."""

    def __init__(self, definitions):
        self.blocks = {}
        self.order = []
        self.resources = []
        for definition in definitions:
            if definition["kind"] == "primitive-type":
                continue
            if definition["kind"] == "resource" and not definition.get("abstract"):
                self.resources.append(definition["type"])
            self.add(definition)

    def add(self, definition):
        elements = definition["snapshot"]["element"]
        parents = {e["path"].rsplit(".", 1)[0] for e in elements if "." in e["path"]}
        base = definition.get("baseDefinition", "").replace(PROFILE, "")
        self.open(definition["type"], base, definition)
        for element in elements[1:]:
            parent, name = element["path"].rsplit(".", 1)
            if element["max"] == "0":
                continue
            if element["path"] in parents:
                code = element["type"][0]["code"]
                self.open(element["path"], code, None)
                types = ["@" + element["path"]]
            elif "contentReference" in element:
                types = ["@" + element["contentReference"].lstrip("#")]
            else:
                types = [self.type_name(element, t) for t in element["type"]]
            targets = [p.replace(PROFILE, "") for t in element.get("type", [])
                       if t["code"] == "Reference" for p in t.get("targetProfile", [])]
            self.blocks[parent][1].append(
                (name, element["min"], element["max"], types, targets, element.get("binding")))

    def open(self, name, base, definition):
        if name in self.blocks:
            raise SystemExit("two definitions of " + name)
        self.blocks[name] = (base, [])
        self.order.append(name)

    @staticmethod
    def type_name(element, kind):
        if kind["code"].startswith("http://hl7.org/fhirpath/"):
            if element["path"].count(".") == 1 and element["base"]["path"] == "Resource.id":
                return "id"
            for extension in kind.get("extension", []):
                if extension["url"] == FHIR_TYPE:
                    return extension.get("valueUrl") or extension["valueUri"]
            return "string"
        return kind["code"]

    def ancestry(self, name):
        """The nearest of the four base types whose elements `name` inherits."""
        base = self.blocks[name][0]
        if name in LETTER:
            return base
        while base not in LETTER:
            base = self.blocks[base][0]
        return base

    def children(self, block, name):
        """[(json name, type)] of the element `name`, choice expanded; [] where there is none."""
        for element in self.blocks[block][1]:
            if element[0] == name:
                return [(name, element[3][0])]
            if element[0] == name + "[x]":
                return [(name + t[0].upper() + t[1:], t) for t in element[3]]
        return []


class Values:
    """The codes of each required binding, where they can be told in full."""

    def __init__(self, value_sets, code_systems):
        self.value_sets = {v["url"]: v for v in value_sets}
        self.code_systems = {c["url"]: c for c in code_systems}
        self.index = {}
        self.lines = []

    def number(self, binding):
        """The number of the value set in the table, None where its codes are not enumerable."""
        if not binding or binding["strength"] != "required":
            return None
        url = binding["valueSet"].split("|")[0]
        if url not in self.index:
            codes = self.codes(url)
            self.index[url] = None if codes is None else len(self.lines)
            if codes is not None:
                self.lines.append((url, codes))
        return self.index[url]

    def system(self, binding):
        """The one code system of a required binding, "" where there are none or several."""
        number = self.number(binding)
        if number is None or len(self.lines[number][1]) != 1:
            return ""
        return next(iter(self.lines[number][1]))

    def codes(self, url):
        value_set = self.value_sets.get(url)
        if value_set is None:
            return None
        expansion = value_set.get("expansion")
        if expansion is not None:
            flags = {e["url"].rsplit("/", 1)[1] for e in expansion.get("extension", [])}
            if flags & {"valueset-toocostly", "valueset-unclosed"}:
                return None
            codes = {}
            self.collect_expansion(expansion.get("contains", []), codes)
            return codes or None
        return self.composed(value_set["compose"])

    def collect_expansion(self, contains, codes):
        for entry in contains:
            if not entry.get("abstract") and "code" in entry:
                codes.setdefault(entry["system"], []).append(entry["code"])
            self.collect_expansion(entry.get("contains", []), codes)

    def composed(self, compose):
        codes = {}
        if compose.get("exclude"):
            return None
        for include in compose["include"]:
            if "filter" in include or "valueSet" in include:
                return None
            if "concept" in include:
                found = [c["code"] for c in include["concept"]]
            elif include["system"] in self.code_systems:
                found = []
                self.collect_concepts(self.code_systems[include["system"]]["concept"], found)
            else:
                return None
            codes.setdefault(include["system"], []).extend(found)
        return codes or None

    def collect_concepts(self, concepts, found):
        for concept in concepts:
            found.append(concept["code"])
            self.collect_concepts(concept.get("concept", []), found)


def word(text):
    """One word of a line: blanks would split it, and the tables hold none."""
    if re.search(r"\s", text):
        raise SystemExit("a blank inside a word: " + text)
    return text


def type_lines(model, values):
    """T name base-letter, then one line per own element: name min max types [>targets] [!set]."""
    targets_index = {}
    lines = []
    inherited = {b: {e[0] for e in model.blocks[b][1]} for b in LETTER}
    for name in model.order:
        base = model.ancestry(name)
        kind = "*" if name in model.resources else ""
        lines.append("T %s %s%s" % (name, LETTER.get(base, "-"), kind))
        for element, low, high, types, targets, binding in model.blocks[name][1]:
            if element in inherited.get(base, ()):
                continue
            line = "%s %d%s %s" % (element, low, high, ",".join(types))
            if targets and "Resource" not in targets:
                key = ",".join(sorted(set(targets)))
                line += " >%d" % targets_index.setdefault(key, len(targets_index))
            number = values.number(binding)
            if number is not None and types[0] in ("code", "CodeableConcept"):
                line += " !%d" % number
            lines.append(line)
    lists = ["R " + key.replace(",", " ") for key in targets_index]
    return lists + lines


def value_lines(values):
    """V url, then one line per code system: system code code …"""
    lines = []
    for url, systems in values.lines:
        lines.append("V " + word(url))
        for system, codes in systems.items():
            lines.append(" ".join([word(system)] + [word(c) for c in dict.fromkeys(codes)]))
    return lines


def split_union(expression):
    return [part.strip() for part in expression.split("|")]


def parse_part(part, base):
    """One branch of a search expression -> (type, steps, cast, filter)."""
    cast = None
    match = re.fullmatch(r"\((.*) as (\w+)\)", part) or re.fullmatch(r"(.*)\.as\((\w+)\)", part)
    if match:
        part, cast = match.group(1), match.group(2)
    target = ""
    match = re.fullmatch(r"(.*)\.where\(resolve\(\) is (\w+)\)", part)
    if match:
        part, target = match.group(1), match.group(2)
    if not re.fullmatch(r"[A-Za-z]\w*(\.\w+)*", part):
        raise ValueError(part)
    steps = part.split(".")
    if not steps[0][0].isupper():
        steps = [base] + steps
    return steps[0], steps[1:], cast, target


def compile_part(model, values, base, part):
    """[path:type?target=system] for one branch that applies to `base`, [] for another type's."""
    owner, steps, cast, target = parse_part(part, base)
    if owner != base:
        return []
    frontier = [([], base)]
    for step in steps:
        following = []
        for names, block in frontier:
            block = block.lstrip("@")
            if block not in model.blocks:
                continue
            found = model.children(block, step)
            binding = next((e[5] for e in all_elements(model, block) if e[0] == step), None)
            following += [(names + [name], kind, binding) for name, kind in found]
        if not following:
            raise SystemExit("no element %s in %s" % (step, part))
        bindings = {".".join(f[0]): f[2] for f in following}
        frontier = [(f[0], f[1]) for f in following]
    result = []
    for names, kind in frontier:
        if cast and kind != cast:
            continue
        text = ".".join(names) + ":" + kind
        if target:
            text += "?" + target
        if kind == "code":
            system = values.system(bindings[".".join(names)])
            text += "=" + system if system else ""
        result.append(text)
    return result


def all_elements(model, block):
    return model.blocks[block][1]


def search_lines(model, values, parameters):
    """S type code kind path …; a path is json names joined by dots, then :datatype."""
    wanted = {}
    for parameter in parameters:
        if parameter["code"] not in SEARCH_CODES or "expression" not in parameter:
            continue
        for base in parameter["base"]:
            entry = wanted.setdefault((base, parameter["code"]), (parameter["type"], []))
            for part in split_union(parameter["expression"]):
                for path in compile_part(model, values, base, part):
                    if path not in entry[1]:
                        entry[1].append(path)
    lines = []
    for (base, code), (kind, paths) in sorted(wanted.items()):
        if paths:
            lines.append(" ".join(["S", base, code, kind] + paths))
    return lines


def compartment_lines(model, values, parameters, definitions):
    """C type path …: where the Patient of a resource may stand, the likeliest first."""
    by_code = {}
    for parameter in parameters:
        for base in parameter.get("base", []):
            by_code.setdefault((base, parameter["code"]), []).append(parameter)
    compartment = next(d for d in definitions if d["code"] == "Patient")
    lines = []
    for resource in compartment["resource"]:
        codes = resource.get("param", [])
        codes = sorted(codes, key=lambda c: c not in PRIMARY_COMPARTMENT_CODES)
        paths = []
        for code in codes:
            for parameter in by_code.get((resource["code"], code), []):
                for part in split_union(parameter["expression"]):
                    for path in compile_part(model, values, resource["code"], part):
                        path = path.split("?")[0]
                        if path.endswith(":Reference") and path not in paths:
                            paths.append(path)
        if paths and resource["code"] != "Patient":
            lines.append(" ".join(["C", resource["code"]] + paths))
    return lines


def write(name, what, lines):
    path = os.path.join(TARGET, name + ".swift")
    header = [
        "// Generated by Scripts/generate-fhir-definitions.py from the HL7 FHIR R4 (4.0.1)",
        "// definitions, which are CC0-1.0. Do not edit: change the script and run it again.",
        "// swift-format-ignore-file",
        "",
        "/// " + what,
        "enum %s {" % name,
        '    static let text: StaticString = #"""',
    ]
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(header + lines + ['"""#', "}", ""]))
    print("%s: %d lines, %d bytes" % (name, len(lines), os.path.getsize(path)))


def main():
    folder = sys.argv[1] if len(sys.argv) > 1 else SOURCE
    structures = load(folder, "profiles-types") + load(folder, "profiles-resources")
    model = Model(structures)
    values = Values(load(folder, "valuesets-required"), load(folder, "codesystems-required"))
    parameters = load(folder, "search-parameters")
    os.makedirs(TARGET, exist_ok=True)
    types = type_lines(model, values)
    search = search_lines(model, values, parameters)
    compartment = compartment_lines(
        model, values, parameters, load(folder, "compartment-definitions"))
    write("DefinitionTable", "Element definitions of all resources and types.", types)
    write("ValueSetTable", "The codes of the required bindings.", value_lines(values))
    write("SearchTable", "Where search parameters and the Patient compartment point.",
          search + compartment)


if __name__ == "__main__":
    main()
