/// One walk over one resource. Works on tape indices, so that nothing is allocated on the way down.
struct ValidationPass {
    let document: JSONDocument
    let definitions: FHIRDefinitions
    var path = ValidationPath()
    /// The resources that the walk is inside of, outermost first.
    var resources: [ResourceContext] = []
    private(set) var issues: [Issue] = []

    struct ResourceContext {
        let node: Int
        /// Found at the first reference into `contained`.
        var containedIDs: Set<String>?
    }

    init(document: JSONDocument, definitions: FHIRDefinitions) {
        self.document = document
        self.definitions = definitions
    }

    func node(_ index: Int) -> JSONNode { document.nodes[index] }
    func view(_ index: Int) -> JSONView { JSONView(document: document, index: index) }

    mutating func report(_ code: Issue.Code, _ text: @autoclosure () -> String) {
        guard issues.count < ResourceValidator.issuesMax else { return }
        issues.append(Issue(code, at: path.text(definitions), text()))
    }

    // MARK: Resources

    /// A resource of a known type.
    mutating func validateResource(_ index: Int, type: UInt16, isContained: Bool) {
        let isRoot = path.isEmpty
        if isRoot { path.push(root: type) }
        if isContained {
            checkContained(index)
        } else {
            resources.append(ResourceContext(node: index))
        }
        validateObject(index, type: type)
        if !isContained { resources.removeLast() }
        if isRoot { path.pop() }
    }

    /// The resource in `contained`, `Bundle.entry.resource` or `Parameters.parameter.resource`.
    private mutating func validateInnerResource(_ index: Int, isContained: Bool) {
        guard let name = view(index)["resourceType"]?.string else {
            return report(.invalid, "resourceType is missing or not a string")
        }
        guard let type = definitions.resourceTypeNumber(name) else {
            return report(.invalid, "resourceType is not a resource type of FHIR R4")
        }
        validateResource(index, type: type, isContained: isContained)
    }

    // MARK: Objects

    mutating func validateObject(_ index: Int, type: UInt16) {
        let definition = definitions.types[Int(type)]
        let object = node(index)
        guard object.kind == .object else {
            return report(.value, "\(definition.name) is a JSON object")
        }
        var seen = GroupSet()
        // A companion may hold an id alone: the value stands beside it.
        var hasContent = definition.isResource || type == definitions.wellKnown.element
        if Int(object.next) == index + 1, !definition.isResource { hasContent = false }
        var at = index + 1
        while at < Int(object.next) {
            let value = at + 1
            if let element = lookUp(at, type: type, isResource: definition.isResource) {
                hasContent = hasContent || !isID(element)
                validateMember(element, key: at, of: index, seen: &seen)
            } else {
                hasContent = true
            }
            at = Int(node(value).next)
        }
        if !hasContent {
            report(.invariant, "An element has a value or children (ele-1)")
        }
        reportMissing(definition, seen: seen)
        if type == definitions.wellKnown.extensionType { checkExtension(index) }
    }

    private func isID(_ element: Int) -> Bool {
        definitions.elements[element].symbol == definitions.wellKnown.idName
    }

    /// The definition of a member's key; nil for `resourceType`, and with a finding where unknown.
    /// A name written with escapes counts as unknown: no FHIR name needs any.
    private mutating func lookUp(_ key: Int, type: UInt16, isResource: Bool) -> Int? {
        if isResource, view(key).isString("resourceType") { return nil }
        let range = nameRange(key)
        if let symbol = definitions.symbols.find(document.bytes, range) {
            if let element = definitions.element(of: type, symbol: symbol) {
                return acceptsCompanion(element, key: key) ? element : nil
            }
            let name = definitions.symbols.text(symbol)
            let owner = definitions.types[Int(type)].name
            report(.invalid, "\(owner) has no element \(name)")
        } else {
            let owner = definitions.types[Int(type)].name
            let position = node(key).start
            let name = unknownName(key)
            report(.invalid, "\(owner) has no such element\(name) (at byte \(position))")
        }
        return nil
    }

    /// The name of an element of no definition, where it can be one: anything may stand in a key, a
    /// patient's data too.
    private func unknownName(_ key: Int) -> String {
        let name = document.bytes[nameRange(key)]
        guard (1...64).contains(name.count), name.allSatisfy(ASCII.isAlphanumeric) else {
            return ""
        }
        return ": " + String(decoding: name, as: UTF8.self)
    }

    /// Only primitives have a companion (`_birthDate`).
    private mutating func acceptsCompanion(_ element: Int, key: Int) -> Bool {
        let definition = definitions.elements[element]
        guard isCompanion(key), definitions.types[Int(definition.type)].primitive == nil else {
            return true
        }
        let name = definitions.symbols.text(definition.symbol)
        report(.invalid, "_\(name) is not allowed: \(name) is no primitive")
        return false
    }

    func isCompanion(_ key: Int) -> Bool {
        let node = self.node(key)
        return node.end - node.start > 3
            && document.bytes[Int(node.start) + 1] == UInt8(ascii: "_")
    }

    /// The bytes of a key, without quotation marks and the underscore of a companion.
    private func nameRange(_ key: Int) -> Range<Int> {
        let node = self.node(key)
        let start = Int(node.start) + (isCompanion(key) ? 2 : 1)
        return start..<Int(node.end) - 1
    }

    private mutating func reportMissing(_ definition: TypeDefinition, seen: GroupSet) {
        let missing = definition.required.subtracting(seen)
        guard !missing.isEmpty else { return }
        for (group, name) in definition.groupNames.enumerated()
        where missing.contains(UInt8(group)) {
            let name = definitions.symbols.text(name)
            report(.required, "\(definition.name).\(name) is required")
        }
    }

    // MARK: Members

    private mutating func validateMember(
        _ element: Int, key: Int, of object: Int, seen: inout GroupSet
    ) {
        let definition = definitions.elements[element]
        let value = key + 1
        path.push(name: definition.name)
        defer { path.pop() }
        if definition.isChoice, seen.contains(definition.group) {
            checkOnlyChoice(definition, before: key, of: object)
        }
        seen.insert(definition.group)
        guard (node(value).kind == .array) == definition.isList else {
            let name = definitions.symbols.text(definition.symbol)
            return report(
                .invalid, definition.isList ? "\(name) is an array" : "\(name) is not an array")
        }
        guard definition.isList else {
            return validateValue(value, definition, isCompanion: isCompanion(key))
        }
        validateList(value, definition, key: key, of: object)
    }

    private mutating func validateList(
        _ list: Int, _ definition: ElementDefinition, key: Int, of object: Int
    ) {
        guard Int(node(list).next) > list + 1 else {
            return report(.invalid, "An array is never empty")
        }
        let isPrimitive = definitions.types[Int(definition.type)].primitive != nil
        let isCompanion = self.isCompanion(key)
        var counterparts: [Bool]?
        var position = 0
        var at = list + 1
        while at < Int(node(list).next) {
            path.push(index: position)
            if node(at).kind == .null, isPrimitive {
                let others = counterparts ?? self.counterparts(of: key, in: object)
                counterparts = others
                if position >= others.count || !others[position] {
                    report(.invalid, "null stands where the other array has no value either")
                }
            } else {
                validateValue(at, definition, isCompanion: isCompanion)
            }
            path.pop()
            at = Int(node(at).next)
            position += 1
        }
    }

    private mutating func validateValue(
        _ index: Int, _ definition: ElementDefinition, isCompanion: Bool
    ) {
        if isCompanion {
            return validateObject(index, type: definitions.wellKnown.element)
        }
        if let primitive = definitions.types[Int(definition.type)].primitive {
            return validatePrimitive(index, primitive, definition)
        }
        if definition.type == definitions.wellKnown.resource {
            let isContained = definition.symbol == definitions.wellKnown.containedName
            return validateInnerResource(index, isContained: isContained)
        }
        validateObject(index, type: definition.type)
        if definition.type == definitions.wellKnown.reference {
            checkReference(index, targets: definition.targets)
        } else if definition.type == definitions.wellKnown.codeableConcept,
            let valueSet = definition.valueSet
        {
            checkConcept(index, valueSet: valueSet)
        }
    }

    // MARK: Pairs

    /// Whether an earlier member is another type of the same choice.
    private mutating func checkOnlyChoice(
        _ definition: ElementDefinition, before key: Int, of object: Int
    ) {
        var at = object + 1
        while at < key {
            if let symbol = definitions.symbols.find(document.bytes, nameRange(at)),
                symbol != definition.symbol, isSameChoice(symbol, definition)
            {
                return report(.invalid, "A choice of types has one value only")
            }
            at = Int(node(at + 1).next)
        }
    }

    private func isSameChoice(_ symbol: UInt16, _ definition: ElementDefinition) -> Bool {
        definitions.elements.contains {
            $0.symbol == symbol && $0.isChoice && $0.name == definition.name
        }
    }

    /// Which positions have a value in the other array of a primitive and its companion.
    private func counterparts(of key: Int, in object: Int) -> [Bool] {
        let name = document.bytes[nameRange(key)]
        let wanted = !isCompanion(key)
        var at = object + 1
        while at < Int(node(object).next) {
            if isCompanion(at) == wanted, document.bytes[nameRange(at)] == name {
                return view(at + 1).elements.map { $0.kind != .null }
            }
            at = Int(node(at + 1).next)
        }
        return []
    }
}
