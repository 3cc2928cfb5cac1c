/// A laboratory report as it is printed: whose, from when, and a table of each panel.
struct LaboratoryPage {
    private static let left = 56.0
    private static let right = 539.0
    private static let lowest = 96.0
    private static let rowHeight = 15.5
    /// Where columns begin: unit, range, and the picture of both. Results end before their units.
    private static let columns = (result: 268.0, unit: 276.0, range: 362.0, bar: 452.0)

    private let chart: Chart
    private let results: [LaboratoryResult]
    private let doctor: String
    private let printed: Moment
    private let age: Int
    private var pages: [PDFPage] = []
    private var page = PDFPage()
    private var y = 0.0

    init(chart: Chart, results: [LaboratoryResult], doctor: String, printed: Moment, age: Int) {
        self.chart = chart
        self.results = results
        self.doctor = doctor
        self.printed = printed
        self.age = age
    }

    /// The file.
    var pdf: [UInt8] {
        var drawing = self
        drawing.draw()
        let date = printed.day.text.filter { $0 != "-" }
        return PDFDocument(
            title: "Laboratory report, \(chart.person.name), \(printed.day.text)",
            created: "D:\(date)\(printed.clockText(separator: ""))Z", pages: drawing.pages
        ).bytes
    }

    private mutating func draw() {
        drawLetterhead()
        drawPerson()
        for result in results {
            let needed = 44 + LaboratoryPage.rowHeight * Double(result.lines.count)
            if y - needed < LaboratoryPage.lowest { turnPage() }
            draw(result)
        }
        drawFoot()
        pages.append(page)
    }

    private mutating func turnPage() {
        drawFoot()
        pages.append(page)
        page = PDFPage()
        y = 780
    }

    private mutating func drawLetterhead() {
        let (left, right) = (LaboratoryPage.left, LaboratoryPage.right)
        page.text(chart.member.name, left, 778, .serif, size: 22)
        page.text("Laboratory", left, 763, size: 9, ink: .quiet)
        page.text(endingAt: right, "Port Amaro", 784, size: 9, ink: .quiet)
        let phone = chart.member == .hospital ? "555 0100" : "555 0120"
        page.text(endingAt: right, "Telephone \(phone)", 772, size: 9, ink: .quiet)
        page.line(left, 752, to: right, width: 1.2, ink: .accent)
        page.text("Laboratory report", left, 722, .serif, size: 17)
    }

    private mutating func drawPerson() {
        let person = chart.person
        let columns = [
            [
                ("Patient", person.name), ("Born", "\(person.birth.text), \(age) years"),
                ("Sex", person.sex.rawValue), ("Number", chart.number),
            ],
            [
                ("Requested by", doctor), ("Sample", printed.day.text),
                ("Reported", "\(printed.day.text) \(printed.hourText) UTC"), ("Status", "final"),
            ],
        ]
        for (index, rows) in columns.enumerated() {
            let x = LaboratoryPage.left + Double(index) * 250
            for (row, (name, value)) in rows.enumerated() {
                let height = 698 - Double(row) * 14
                page.text(name, x, height, ink: .quiet)
                page.text(value, x + 68, height, row == 0 ? .bold : .regular)
            }
        }
        y = 628
    }

    private mutating func draw(_ result: LaboratoryResult) {
        let (left, right) = (LaboratoryPage.left, LaboratoryPage.right)
        let columns = LaboratoryPage.columns
        page.text(result.panel.name, left, y, .bold, size: 10.5, ink: .accent)
        page.text(endingAt: columns.result, "Result", y, size: 7.5, ink: .quiet)
        page.text("Unit", columns.unit, y, size: 7.5, ink: .quiet)
        page.text("Reference range", columns.range, y, size: 7.5, ink: .quiet)
        page.line(left, y - 5, to: right, width: 0.8)
        y -= 18
        for line in result.lines {
            draw(line)
            page.line(left, y - 5, to: right)
            y -= LaboratoryPage.rowHeight
        }
        y -= 16
    }

    private mutating func draw(_ line: LaboratoryResult.Line) {
        let columns = LaboratoryPage.columns
        let isUsual = line.mark.code == "N"
        page.text(line.measure.notation.name, LaboratoryPage.left, y)
        page.text(
            endingAt: columns.result, line.value.text, y, isUsual ? .regular : .bold,
            ink: isUsual ? .ink : .danger)
        page.unit(line.measure.notation.unit, columns.unit, y)
        if let range = line.range {
            page.text(
                range.text(digits: line.measure.notation.digits), columns.range, y, ink: .quiet)
            drawBar(line.value.value, range, isUsual: isUsual)
        }
        if !isUsual {
            page.text(
                endingAt: LaboratoryPage.right - 2, line.mark.display, y, .bold, size: 8,
                ink: .danger)
        }
    }

    /// The range as a band, the value as a mark on it.
    private mutating func drawBar(_ value: Double, _ range: ReferenceRange, isUsual: Bool) {
        let (width, x) = (56.0, LaboratoryPage.columns.bar)
        let high = range.high ?? (range.low ?? 0) * 2
        let low = range.low ?? 0
        let margin = (high - low) * 0.5
        let place = (value - low + margin) / (high - low + 2 * margin)
        page.fill(x + width / 4, y - 0.5, width / 2, 7, ink: .band)
        page.line(x, y + 3, to: x + width)
        let mark = x + width * min(max(place, 0.02), 0.98)
        page.fill(mark - 1.1, y - 0.5, 2.2, 7, ink: isUsual ? .accent : .danger)
    }

    private mutating func drawFoot() {
        let (left, right) = (LaboratoryPage.left, LaboratoryPage.right)
        page.line(left, 70, to: right, width: 0.8)
        let technician = Staff.of(chart.member, .laboratory).name
        page.text("Measured and released by \(technician).", left, 57, size: 8, ink: .quiet)
        page.text(
            "Invented values of an invented person. \(chart.person.nationalNumber)", left, 46,
            size: 8, ink: .quiet)
        page.text(endingAt: right, "Page \(pages.count + 1)", 57, size: 8, ink: .quiet)
    }
}
