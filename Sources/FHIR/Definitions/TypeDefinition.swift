/// A resource, datatype, primitive or backbone element (`Patient.contact`) of R4.
struct TypeDefinition: Sendable {
    let name: String
    /// Whether this is one of the 148 resource types (not the abstract ones).
    let isResource: Bool
    let primitive: PrimitiveKind?
    /// Its elements in `FHIRDefinitions.elements`, sorted by symbol.
    var elements: Range<Int> = 0..<0
    /// The groups that must be present, see `ElementDefinition.group`.
    var required = GroupSet()
    /// Per group the symbol of its name (`value` for `value[x]`).
    var groupNames: [UInt16] = []
}

/// One JSON property of a type. A choice such as `value[x]` is one of these per allowed type.
struct ElementDefinition: Sendable {
    /// Number of the JSON name (`valueQuantity`) in the symbol table.
    let symbol: UInt16
    /// Number of the element's own name (`value`) in the symbol table.
    let name: UInt16
    /// Number of the type of its values.
    let type: UInt16
    /// Which element of the type this is: the expansions of one choice share it.
    let group: UInt8
    let isChoice: Bool
    let isList: Bool
    /// Number of the value set of a required binding.
    let valueSet: UInt16?
    /// Number of the list of allowed reference targets; nil for any.
    let targets: UInt16?
}

/// A set of up to 128 groups; the widest type of R4 (ElementDefinition) has 40.
struct GroupSet: Sendable {
    static let capacity = 128
    private var low: UInt64 = 0
    private var high: UInt64 = 0

    func contains(_ group: UInt8) -> Bool {
        group < 64 ? low >> UInt64(group) & 1 == 1 : high >> UInt64(group - 64) & 1 == 1
    }

    mutating func insert(_ group: UInt8) {
        if group < 64 { low |= 1 << UInt64(group) } else { high |= 1 << UInt64(group - 64) }
    }

    func subtracting(_ other: GroupSet) -> GroupSet {
        var rest = self
        rest.low &= ~other.low
        rest.high &= ~other.high
        return rest
    }

    var isEmpty: Bool { low | high == 0 }
}

/// The codes of one required binding, by number in the code table.
struct ValueSetDefinition: Sendable {
    let url: String
    /// Per code system the number of its URL and of its codes.
    var systems: [(system: UInt16, codes: Set<UInt16>)] = []
    /// The codes of all systems, sorted.
    var codes: [UInt16] = []
}
