/// Where a validation stands; rendered only where there is something to say.
struct ValidationPath {
    private enum Step {
        case root(UInt16)
        case element(UInt16)
        case index(Int)
    }

    private var steps: [Step] = []

    /// Enter an element; `pop` leaves it.
    mutating func push(name: UInt16) { steps.append(.element(name)) }
    mutating func push(index: Int) { steps.append(.index(index)) }
    mutating func push(root type: UInt16) { steps.append(.root(type)) }
    mutating func pop() { steps.removeLast() }
    var isEmpty: Bool { steps.isEmpty }

    func text(_ definitions: FHIRDefinitions) -> String {
        var text = ""
        for step in steps {
            switch step {
            case .root(let type): text += definitions.types[Int(type)].name
            case .element(let name): text += "." + definitions.symbols.text(name)
            case .index(let index): text += "[\(index)]"
            }
        }
        return text
    }
}
