/// FHIR instants and milliseconds since 1970-01-01T00:00:00Z.
package enum Instant {
    /// Years that a FHIR date can name; times outside are clamped.
    private static let yearFirstMs = CivilDate.days(year: 1, month: 1, day: 1) * 86_400_000
    private static let yearLastMs = CivilDate.days(year: 10_000, month: 1, day: 1) * 86_400_000 - 1

    /// `2026-01-01T00:00:00.000Z`.
    package static func format(_ ms: Int64) -> String {
        let time = ClockTime(min(max(ms, yearFirstMs), yearLastMs))
        var out: [UInt8] = []
        out.reserveCapacity(24)
        time.appendDate(to: &out)
        out.append(UInt8(ascii: "T"))
        time.appendClock(to: &out)
        out.append(UInt8(ascii: "."))
        DecimalDigits.append(time.millisecond, width: 3, to: &out)
        out.append(UInt8(ascii: "Z"))
        return String(decoding: out, as: UTF8.self)
    }

    /// Milliseconds of an instant (full date, time with seconds, zone); digits beyond are cut off.
    package static func parse(_ text: String) -> Int64? {
        guard let value = DateTimeParser.parse(Array(text.utf8)[...]),
            value.precision >= .second, value.offsetMinutes != nil
        else { return nil }
        return value.range.lowMs
    }
}

/// A point in time taken apart in UTC.
struct ClockTime {
    let year: Int
    let month: Int
    let day: Int
    /// 0 is Sunday.
    let weekday: Int
    let hour: Int
    let minute: Int
    let second: Int
    let millisecond: Int

    init(_ ms: Int64) {
        var days = ms / CivilDate.millisecondsPerDay
        var rest = Int(ms % CivilDate.millisecondsPerDay)
        if rest < 0 {
            days -= 1
            rest += Int(CivilDate.millisecondsPerDay)
        }
        (year, month, day) = CivilDate.civil(days: days)
        weekday = Int(((days + 4) % 7 + 7) % 7)
        hour = rest / 3_600_000
        minute = rest / 60_000 % 60
        second = rest / 1000 % 60
        millisecond = rest % 1000
    }

    func appendDate(to out: inout [UInt8]) {
        DecimalDigits.append(year, width: 4, to: &out)
        out.append(UInt8(ascii: "-"))
        DecimalDigits.append(month, width: 2, to: &out)
        out.append(UInt8(ascii: "-"))
        DecimalDigits.append(day, width: 2, to: &out)
    }

    func appendClock(to out: inout [UInt8]) {
        DecimalDigits.append(hour, width: 2, to: &out)
        out.append(UInt8(ascii: ":"))
        DecimalDigits.append(minute, width: 2, to: &out)
        out.append(UInt8(ascii: ":"))
        DecimalDigits.append(second, width: 2, to: &out)
    }
}

/// Numbers of a fixed width.
enum DecimalDigits {
    static func append(_ value: Int, width: Int, to out: inout [UInt8]) {
        var divisor = 1
        for _ in 1..<width { divisor *= 10 }
        while divisor > 0 {
            out.append(0x30 + UInt8(truncatingIfNeeded: value / divisor % 10))
            divisor /= 10
        }
    }
}
