extension ValidationPass {
    mutating func validatePrimitive(
        _ index: Int, _ kind: PrimitiveKind, _ definition: ElementDefinition
    ) {
        let value = view(index)
        guard value.kind == kind.jsonKind else {
            return report(.value, "\(kind.rawValue) is a JSON \(kind.jsonKind)")
        }
        let text = value.kind == .string ? value.utf8 : value.rawBytes
        if let problem = PrimitiveFormat.problem(text, kind) {
            return report(problem.code, problem.text)
        }
        if let valueSet = definition.valueSet, kind == .code {
            checkCode(text, valueSet: valueSet)
        }
    }

    private mutating func checkCode(_ code: ArraySlice<UInt8>, valueSet number: UInt16) {
        let valueSet = definitions.valueSets[Int(number)]
        guard let found = self.number(of: code), contains(valueSet.codes, found) else {
            return report(.codeInvalid, "The code is not in \(valueSet.url), which is required")
        }
    }

    /// A required binding of a CodeableConcept wants one coding out of the value set.
    mutating func checkConcept(_ index: Int, valueSet number: UInt16) {
        let valueSet = definitions.valueSets[Int(number)]
        guard let codings = view(index)["coding"], codings.kind == .array else {
            return report(.codeInvalid, "A coding out of \(valueSet.url) is required")
        }
        for coding in codings.elements {
            guard let system = coding["system"], let systemNumber = self.number(of: system.utf8),
                let code = coding["code"], let codeNumber = self.number(of: code.utf8)
            else { continue }
            for entry in valueSet.systems
            where entry.system == systemNumber && entry.codes.contains(codeNumber) {
                return
            }
        }
        report(.codeInvalid, "No coding is in \(valueSet.url), which is required")
    }

    private func number(of text: ArraySlice<UInt8>) -> UInt16? {
        definitions.codes.find(Array(text), 0..<text.count)
    }

    private func contains(_ sorted: [UInt16], _ code: UInt16) -> Bool {
        var range = 0..<sorted.count
        while !range.isEmpty {
            let middle = (range.lowerBound + range.upperBound) / 2
            if sorted[middle] == code { return true }
            range =
                sorted[middle] < code ? middle + 1..<range.upperBound : range.lowerBound..<middle
        }
        return false
    }
}
