/// A search that cannot be answered as asked. Names the parameter, never a value.
package struct SearchError: Error, Sendable, Equatable {
    /// What sort of mistake it is.
    package enum Reason: Sendable, Equatable {
        case unknownType, unknownParameter, unsupportedModifier, unsupportedPrefix
        case malformedValue, repeated, tooMany
    }

    /// What sort of mistake it is.
    package let reason: Reason
    /// The parameter as named in the query; empty where that text is not a plausible name.
    package let parameter: String
    /// Text for people.
    package let diagnostics: String

    init(_ reason: Reason, _ name: String, _ text: String) {
        let isName =
            name.utf8.count <= 64
            && name.utf8.allSatisfy {
                ASCII.isAlphanumeric($0) || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "-")
                    || $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: ".")
            }
        self.reason = reason
        parameter = isName ? name : ""
        diagnostics =
            parameter.isEmpty ? "A search parameter: \(text)" : "Parameter \(parameter): \(text)"
    }

    /// For an OperationOutcome.
    package var issue: Issue {
        switch reason {
        case .unknownType, .unknownParameter, .unsupportedModifier, .unsupportedPrefix:
            Issue(.notSupported, diagnostics)
        case .malformedValue, .repeated: Issue(.value, diagnostics)
        case .tooMany: Issue(.tooCostly, diagnostics)
        }
    }
}
