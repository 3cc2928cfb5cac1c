/// The R4 (4.0.1) definitions: types, elements, value sets of required bindings.
///
/// Parsed from the generated tables at first use (a few milliseconds), then shared.
package struct FHIRDefinitions: Sendable {
    /// The one set of tables, made at first use.
    package static let shared = FHIRDefinitions()

    /// The version of FHIR that all tables are of.
    package static let fhirVersion = "4.0.1"

    let symbols: ByteTable
    let types: [TypeDefinition]
    let elements: [ElementDefinition]
    let targets: [Set<String>]
    let codes: ByteTable
    let valueSets: [ValueSetDefinition]
    let wellKnown: WellKnownNumbers
    private let typeNumbers: [String: UInt16]

    /// The names of the 146 concrete resource types, sorted.
    package let resourceTypes: [String]

    private init() {
        let definitions = DefinitionReader(DefinitionTable.text)
        let values = ValueSetReader(ValueSetTable.text)
        symbols = definitions.symbols
        types = definitions.types
        elements = definitions.elements
        targets = definitions.targets
        typeNumbers = definitions.typeNumbers
        codes = values.codes
        valueSets = values.valueSets
        wellKnown = WellKnownNumbers(definitions.typeNumbers, definitions.symbols)
        resourceTypes = definitions.types.filter(\.isResource).map(\.name).sorted()
    }

    /// Whether `name` is one of `resourceTypes`.
    package func isResourceType(_ name: String) -> Bool {
        resourceTypeNumber(name) != nil
    }

    func resourceTypeNumber(_ name: String) -> UInt16? {
        guard let number = typeNumbers[name], types[Int(number)].isResource else { return nil }
        return number
    }

    /// The element of `type` with this JSON name.
    func element(of type: UInt16, symbol: UInt16) -> Int? {
        var range = types[Int(type)].elements
        while !range.isEmpty {
            let middle = (range.lowerBound + range.upperBound) / 2
            let found = elements[middle].symbol
            if found == symbol { return middle }
            range = found < symbol ? middle + 1..<range.upperBound : range.lowerBound..<middle
        }
        return nil
    }
}

/// The types and elements that carry rules of their own.
struct WellKnownNumbers: Sendable {
    let resource: UInt16
    let element: UInt16
    let extensionType: UInt16
    let reference: UInt16
    let codeableConcept: UInt16
    let idName: UInt16
    let containedName: UInt16
    let referenceName: UInt16

    init(_ numbers: [String: UInt16], _ symbols: ByteTable) {
        func number(_ name: String) -> UInt16 { numbers[name] ?? UInt16.max }
        resource = number("Resource")
        element = number("Element")
        extensionType = number("Extension")
        reference = number("Reference")
        codeableConcept = number("CodeableConcept")
        idName = symbols.find("id") ?? UInt16.max
        containedName = symbols.find("contained") ?? UInt16.max
        referenceName = symbols.find("reference") ?? UInt16.max
    }
}
