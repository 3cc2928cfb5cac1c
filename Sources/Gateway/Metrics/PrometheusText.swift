/// Writes the text format 0.0.4.
struct PrometheusText {
    private(set) var bytes: [UInt8] = []

    mutating func write(_ series: [SeriesName: Double], kind: String) {
        var last = ""
        for (name, value) in PrometheusText.sorted(series) {
            if name.name != last { line("# TYPE \(name.name) \(kind)") }
            last = name.name
            sample(name.name, name.labels, value)
        }
    }

    mutating func write(_ histograms: [SeriesName: HistogramInstrument]) {
        var last = ""
        for (name, histogram) in PrometheusText.sorted(histograms) {
            if name.name != last { line("# TYPE \(name.name) histogram") }
            last = name.name
            let state = histogram.current
            var total = 0
            for (bound, count) in zip(histogram.bounds, state.counts) {
                total += count
                let le = SeriesName.Label(name: "le", value: PrometheusText.number(bound))
                sample("\(name.name)_bucket", name.labels + [le], Double(total))
            }
            total += state.counts.last ?? 0
            let le = SeriesName.Label(name: "le", value: "+Inf")
            sample("\(name.name)_bucket", name.labels + [le], Double(total))
            sample("\(name.name)_sum", name.labels, state.sum)
            sample("\(name.name)_count", name.labels, Double(total))
        }
    }

    private mutating func sample(
        _ name: String, _ labels: [SeriesName.Label], _ value: Double
    ) {
        let inner = labels.map { "\($0.name)=\"\(PrometheusText.escaped($0.value))\"" }
        let braces = inner.isEmpty ? "" : "{\(inner.joined(separator: ","))}"
        line("\(name)\(braces) \(PrometheusText.number(value))")
    }

    private mutating func line(_ text: String) {
        bytes.append(contentsOf: text.utf8)
        bytes.append(UInt8(ascii: "\n"))
    }

    private static func sorted<Value>(
        _ series: [SeriesName: Value]
    ) -> [(key: SeriesName, value: Value)] {
        series.sorted { left, right in
            guard left.key.name == right.key.name else { return left.key.name < right.key.name }
            return left.key.labels.map(\.value).lexicographicallyPrecedes(
                right.key.labels.map(\.value))
        }
    }

    static func escaped(_ value: String) -> String {
        var result = ""
        for character in value.unicodeScalars {
            switch character {
            case "\\": result += "\\\\"
            case "\"": result += "\\\""
            case "\n": result += "\\n"
            default: result.unicodeScalars.append(character)
            }
        }
        return result
    }

    /// Whole numbers without a fraction.
    static func number(_ value: Double) -> String {
        if value.rounded() == value, abs(value) < 1e15 { return String(Int(value)) }
        return String(value)
    }

    /// `[a-zA-Z_:][a-zA-Z0-9_:]*`; other characters become an underscore.
    static func metricName(_ name: String) -> String { plain(name, colons: true) }

    /// The same without colons.
    static func labelName(_ name: String) -> String { plain(name, colons: false) }

    private static func plain(_ name: String, colons: Bool) -> String {
        var result = name.utf8.map { byte -> UInt8 in
            switch byte {
            case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x5f: byte
            case UInt8(ascii: ":") where colons: byte
            default: UInt8(ascii: "_")
            }
        }
        if result.first.map({ (0x30...0x39).contains($0) }) ?? true {
            result.insert(UInt8(ascii: "_"), at: 0)
        }
        return String(decoding: result, as: UTF8.self)
    }
}
