/// FHIR dates for people: where they lie in time, and how they are said.
package enum FHIRTime {
    /// First and last millisecond since 1970 that a date, dateTime or instant may mean.
    package static func range(_ text: String) -> (lowMs: Int64, highMs: Int64)? {
        DateTimeParser.parse(Array(text.utf8)[...])?.range
    }

    /// "3 March 2021, 14:02", "March 2021" or "2021": as precise as it was written, in the zone in
    /// which it was written. What is no date is said as it stands.
    package static func words(_ text: String) -> String {
        guard let value = DateTimeParser.parse(Array(text.utf8)[...]) else { return text }
        var words = "\(value.year)"
        if value.precision >= .month { words = "\(months[value.month - 1]) \(words)" }
        if value.precision >= .day { words = "\(value.day) \(words)" }
        if value.precision >= .minute {
            words += ", \(two(value.hour)):\(two(value.minute))"
        }
        return words
    }

    /// The day of a moment, in UTC: "3 March 2021".
    package static func day(_ ms: Int64) -> String {
        let day = CivilDate.civil(days: floorDivide(ms, CivilDate.millisecondsPerDay))
        return "\(day.day) \(months[day.month - 1]) \(day.year)"
    }

    /// A moment in UTC: "3 March 2021, 14:02 UTC".
    package static func minute(_ ms: Int64) -> String {
        let minutes = floorDivide(ms, 60_000)
        let inDay = minutes - floorDivide(minutes, 1_440) * 1_440
        return "\(day(ms)), \(two(Int(inDay / 60))):\(two(Int(inDay % 60))) UTC"
    }

    /// Completed years between two days, given by what FHIR dates say.
    package static func years(from birth: String, to date: String) -> Int? {
        guard let birth = DateTimeParser.parse(Array(birth.utf8)[...]),
            let date = DateTimeParser.parse(Array(date.utf8)[...])
        else { return nil }
        let isBefore = (date.month, date.day) < (birth.month, birth.day)
        return date.year - birth.year - (isBefore ? 1 : 0)
    }

    /// The day of a moment as FHIR writes it, in UTC.
    package static func date(_ ms: Int64) -> String {
        let day = CivilDate.civil(days: floorDivide(ms, CivilDate.millisecondsPerDay))
        return "\(day.year)-\(two(day.month))-\(two(day.day))"
    }

    private static let months = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September",
        "October", "November", "December",
    ]

    private static func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }

    private static func floorDivide(_ value: Int64, _ by: Int64) -> Int64 {
        value >= 0 ? value / by : -((-value + by - 1) / by)
    }
}
