/// Measures single operations of the house on one core and prints a table.
///
/// usage: Micro [WORD]: only the cases whose names hold WORD
@main
enum Micro {
    static func main() throws {
        let word = CommandLine.arguments.dropFirst().first ?? ""
        let groups: [(String, () throws -> [Case])] = [
            ("FHIR", FHIRCases.all), ("Ledger", LedgerCases.all), ("Vault", VaultCases.all),
            ("Identity", IdentityCases.all), ("Proof", ProofCases.all),
        ]
        print("| operation | median | 10 to 90 % | per second | MB/s | bound | ratio |")
        print("| --- | --- | --- | --- | --- | --- | --- |")
        for (group, cases) in groups {
            // By the program's own allocator, and none pays for what another left.
            cairn_malloc_release()
            for measured in try cases() where measured.name.contains(word) || group == word {
                let result = try Measurement(measured)
                let bytes = Double(measured.bytes) * 1_000 / result.median
                let rate = measured.bytes == 0 ? "" : Figure.whole(bytes)
                print(
                    "| \(measured.name) | \(Figure.time(result.median)) | "
                        + "\(Figure.time(result.low)) to \(Figure.time(result.high)) | "
                        + "\(Figure.whole(result.perSecond)) | \(rate) | \(measured.bound.name) | "
                        + "\(Figure.part(result.ratio)) |")
            }
        }
    }
}

/// Figures as people read them.
enum Figure {
    /// Nanoseconds in a fitting unit, three digits.
    static func time(_ nanoseconds: Double) -> String {
        switch nanoseconds {
        case ..<1_000: "\(Int(nanoseconds.rounded())) ns"
        case ..<1_000_000: "\(digits(nanoseconds / 1_000)) µs"
        default: "\(digits(nanoseconds / 1_000_000)) ms"
        }
    }

    /// Two digits behind the point.
    static func part(_ value: Double) -> String { digits(min(value, 9.99)) }

    private static func digits(_ value: Double) -> String {
        if value >= 100 { return "\(Int(value.rounded()))" }
        let scale = value >= 10 ? 10 : 100
        let scaled = Int((value * Double(scale)).rounded())
        let rest = "\(scaled % scale)"
        let padding = String(repeating: "0", count: (scale == 10 ? 1 : 2) - rest.count)
        return "\(scaled / scale).\(padding)\(rest)"
    }

    /// With commas between thousands.
    static func whole(_ value: Double) -> String {
        let text = Array("\(Int(value.rounded()))")
        return text.indices.map { index in
            let rest = text.count - index
            return (index > 0 && rest % 3 == 0 ? "," : "") + String(text[index])
        }.joined()
    }
}
