/// Reads `YYYY[-MM[-DD[Thh:mm[:ss[.f…]][Z|±hh:mm]]]]`; the caller narrows it to what it allows.
///
/// Stricter than the regular expressions of R4 in one respect: the day must exist in its month.
struct DateTimeParser {
    private let bytes: ArraySlice<UInt8>
    private var position: Int

    static func parse(_ bytes: ArraySlice<UInt8>) -> PartialDateTime? {
        var parser = DateTimeParser(bytes: bytes, position: bytes.startIndex)
        guard let value = parser.dateTime(), parser.position == bytes.endIndex else { return nil }
        return value
    }

    /// `hh:mm:ss[.f…]` and nothing else, the R4 type time.
    static func isTime(_ bytes: ArraySlice<UInt8>) -> Bool {
        var parser = DateTimeParser(bytes: bytes, position: bytes.startIndex)
        var value = PartialDateTime()
        return parser.clock(&value) && value.precision >= .second
            && parser.position == bytes.endIndex
    }

    private mutating func dateTime() -> PartialDateTime? {
        var value = PartialDateTime()
        guard let year = digits(4), year > 0 else { return nil }
        value.year = year
        guard take("-") else { return value }
        guard let month = digits(2), (1...12).contains(month) else { return nil }
        value.month = month
        value.precision = .month
        guard take("-") else { return value }
        guard let day = digits(2), day >= 1,
            day <= CivilDate.daysInMonth(year: year, month: month)
        else { return nil }
        value.day = day
        value.precision = .day
        guard take("T") else { return value }
        guard clock(&value), zone(&value) else { return nil }
        return value
    }

    private mutating func clock(_ value: inout PartialDateTime) -> Bool {
        guard let hour = digits(2), hour <= 23, take(":"), let minute = digits(2), minute <= 59
        else { return false }
        value.hour = hour
        value.minute = minute
        value.precision = .minute
        guard take(":") else { return true }
        guard let second = digits(2), second <= 60 else { return false }
        value.second = second
        value.precision = .second
        return take(".") ? fraction(&value) : true
    }

    private mutating func fraction(_ value: inout PartialDateTime) -> Bool {
        let start = position
        var weight = 100
        while position < bytes.endIndex, ASCII.isDigit(bytes[position]) {
            value.millisecond += Int(bytes[position] - 0x30) * weight
            if weight > 0 { value.millisecondsOpen = weight }
            weight /= 10
            position += 1
        }
        value.precision = .fraction
        return position > start
    }

    private mutating func zone(_ value: inout PartialDateTime) -> Bool {
        if take("Z") {
            value.offsetMinutes = 0
            return true
        }
        let isNegative = take("-")
        guard isNegative || take("+") else { return true }
        guard let hours = digits(2), take(":"), let minutes = digits(2), minutes <= 59,
            hours <= 13 || (hours == 14 && minutes == 0)
        else { return false }
        value.offsetMinutes = (isNegative ? -1 : 1) * (hours * 60 + minutes)
        return true
    }

    private mutating func digits(_ count: Int) -> Int? {
        guard bytes.endIndex - position >= count else { return nil }
        var value = 0
        for _ in 0..<count {
            guard ASCII.isDigit(bytes[position]) else { return nil }
            value = value * 10 + Int(bytes[position] - 0x30)
            position += 1
        }
        return value
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard position < bytes.endIndex, bytes[position] == UInt8(ascii: character) else {
            return false
        }
        position += 1
        return true
    }
}
