/// A day of the Gregorian calendar, counted from 1970-01-01.
package struct SampleDay: Sendable, Hashable, Comparable {
    /// Days since 1970-01-01.
    let number: Int

    init(number: Int) { self.number = number }

    /// Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms": years begin in March, so that
    /// the leap day is the last.
    init(_ year: Int, _ month: Int, _ day: Int) {
        let shifted = month > 2 ? year : year - 1
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        number = era * 146_097 + dayOfEra - 719_468
    }

    /// `YYYY-MM-DD`, of a day that exists; nothing else.
    package init?(_ text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.map(\.count) == [4, 2, 2],
            text.utf8.allSatisfy({ $0 == 0x2d || (0x30...0x39).contains($0) }),
            let year = Int(parts[0]), let month = Int(parts[1]), let day = Int(parts[2]),
            (1...12).contains(month), (1...31).contains(day)
        else { return nil }
        self.init(year, month, day)
        guard self.text == text else { return nil }
    }

    /// Year, month from 1, day from 1.
    var components: (year: Int, month: Int, day: Int) {
        let shifted = number + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra =
            (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * dayOfYear + 2) / 153
        let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
        return (
            yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month,
            dayOfYear - (153 * marchMonth + 2) / 5 + 1
        )
    }

    /// `YYYY-MM-DD`.
    package var text: String {
        let (year, month, day) = components
        return "\(Digits.padded(year, 4))-\(Digits.padded(month, 2))-\(Digits.padded(day, 2))"
    }

    /// 0 is Monday.
    var weekday: Int { ((number + 3) % 7 + 7) % 7 }

    /// The same day, or the Monday after a weekend.
    var workday: SampleDay { weekday < 5 ? self : self + (7 - weekday) }

    /// Years since `day`, with fractions.
    func years(since day: SampleDay) -> Double { Double(number - day.number) / 365.25 }

    /// Completed years since `birth`, as people count their age.
    func age(bornOn birth: SampleDay) -> Int {
        let (now, then) = (components, birth.components)
        return now.year - then.year - ((now.month, now.day) < (then.month, then.day) ? 1 : 0)
    }

    static func + (day: SampleDay, count: Int) -> SampleDay {
        SampleDay(number: day.number + count)
    }

    static func - (day: SampleDay, count: Int) -> SampleDay { day + -count }

    package static func < (left: SampleDay, right: SampleDay) -> Bool {
        left.number < right.number
    }
}

/// Whole numbers as digits.
enum Digits {
    static func padded(_ number: Int, _ width: Int) -> String {
        let digits = "\(number)"
        return String(repeating: "0", count: max(width - digits.count, 0)) + digits
    }
}
