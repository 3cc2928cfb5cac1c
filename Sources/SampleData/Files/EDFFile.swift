/// The European Data Format (Kemp and others, 1992): a header of fixed fields, then records of one
/// second with 16-bit samples, signal after signal.
enum EDFFile {
    private static let headerBytes = 256

    static func bytes(_ signal: ECGSignal, of chart: Chart, startingAt start: Moment) -> [UInt8] {
        var bytes = header(chart, start) + signalHeaders()
        let rate = ECGSignal.samplesPerSecond
        for second in 0..<ECGSignal.seconds {
            for lead in signal.leads {
                for sample in lead[(second * rate)..<((second + 1) * rate)] {
                    bytes.append(UInt8(truncatingIfNeeded: sample))
                    bytes.append(UInt8(truncatingIfNeeded: sample >> 8))
                }
            }
        }
        return bytes
    }

    private static func header(_ chart: Chart, _ start: Moment) -> [UInt8] {
        let person = chart.person
        let count = ECGSignal.names.count
        let day = start.day.components
        let date = [day.day, day.month, day.year % 100].map { Digits.padded($0, 2) }
        let name = LatinText.ascii("\(person.given)_\(person.family)").replacing(" ", with: "_")
        let patient = [
            chart.number, person.sex == .female ? "F" : "M", edfDate(person.birth), name,
        ]
        let recording = ["Startdate", edfDate(start.day), "X", "X", "12-lead_ECG"]
        return [
            field("0", 8), field(patient.joined(separator: " "), 80),
            field(recording.joined(separator: " "), 80), field(date.joined(separator: "."), 8),
            field(start.clockText(separator: "."), 8),
            field("\(headerBytes * (count + 1))", 8), field("", 44),
            field("\(ECGSignal.seconds)", 8), field("1", 8), field("\(count)", 4),
        ].flatMap { $0 }
    }

    /// Each field of all signals, before the next field of all.
    private static func signalHeaders() -> [UInt8] {
        let names = ECGSignal.names
        let same = [
            ("Ag/AgCl electrode", 80), ("uV", 8), ("-32768", 8), ("32767", 8), ("-32768", 8),
            ("32767", 8), ("HP:0.05Hz LP:150Hz", 80), ("\(ECGSignal.samplesPerSecond)", 8),
            ("", 32),
        ]
        return names.flatMap { field("ECG \($0)", 16) }
            + same.flatMap { text, width in names.flatMap { _ in field(text, width) } }
    }

    /// `02-AUG-1951`.
    private static func edfDate(_ date: SampleDay) -> String {
        let months = "JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC".split(separator: " ")
        let (year, month, day) = date.components
        return "\(Digits.padded(day, 2))-\(months[month - 1])-\(Digits.padded(year, 4))"
    }

    private static func field(_ text: String, _ width: Int) -> [UInt8] {
        let bytes = Array(LatinText.ascii(text).utf8.prefix(width))
        return bytes + [UInt8](repeating: 0x20, count: width - bytes.count)
    }
}

/// Text for formats that are older than Unicode.
enum LatinText {
    private static let plain: [Character: String] = [
        "í": "i", "ã": "a", "á": "a", "’": "'", "–": "-", "µ": "u", "²": "2", "°": "",
    ]

    /// Letters without their marks; `?` for what has no such letter.
    static func ascii(_ text: String) -> String {
        text.map { $0.isASCII ? String($0) : plain[$0] ?? "?" }.joined()
    }

    /// As in ISO 8859-1, and the two characters that WinAnsi has besides.
    static func windows(_ text: String) -> [UInt8] {
        text.unicodeScalars.map { scalar in
            switch scalar {
            case "–": 0x96
            case "’": 0x92
            default: UInt8(exactly: scalar.value) ?? UInt8(ascii: "?")
            }
        }
    }
}
