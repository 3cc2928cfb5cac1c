/// Height and weight of growing people: medians by age, between which lines are drawn. Rounded from
/// the growth charts of the WHO and the CDC.
enum Growth {
    private static let ages: [Double] = [0, 0.5, 1, 2, 3, 4, 5, 6, 8, 10, 12, 14, 16, 18]
    private static let girlHeights: [Double] = [
        49, 66, 74.5, 86, 95, 102.5, 109, 115, 127.5, 139, 151, 160, 162.5, 163.5,
    ]
    private static let boyHeights: [Double] = [
        50, 67.5, 76, 87.5, 96, 103, 110, 116, 128, 139, 150, 164, 173, 176.5,
    ]
    private static let girlWeights: [Double] = [
        3.2, 7.3, 8.9, 11.6, 13.9, 16, 18, 20.2, 25.5, 32.5, 41.5, 49.5, 53.5, 56.5,
    ]
    private static let boyWeights: [Double] = [
        3.4, 7.9, 9.6, 12.2, 14.3, 16.3, 18.5, 20.7, 25.6, 32, 40.5, 51, 61, 67.5,
    ]

    /// In cm.
    static func height(_ sex: Sex, age: Double) -> Double {
        value(sex == .female ? girlHeights : boyHeights, age)
    }

    /// In kg.
    static func weight(_ sex: Sex, age: Double) -> Double {
        value(sex == .female ? girlWeights : boyWeights, age)
    }

    private static func value(_ table: [Double], _ age: Double) -> Double {
        guard let upper = ages.firstIndex(where: { $0 > age }) else {
            return table[table.count - 1]
        }
        guard upper > 0 else { return table[0] }
        let share = (age - ages[upper - 1]) / (ages[upper] - ages[upper - 1])
        return table[upper - 1] + share * (table[upper] - table[upper - 1])
    }
}
