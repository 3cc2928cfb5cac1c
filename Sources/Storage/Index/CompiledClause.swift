import GRDB
import LedgerCore

/// A clause with names as numbers and texts as bytes: what tests a candidate without the database.
///
/// Names that the index has never seen stand for nothing: an alternative with one is dropped.
enum CompiledClause {
    case token(parameter: Int64, [Token], negated: Bool)
    case string(parameter: Int64, [Text])
    case date(parameter: Int64, [DateMatch])
    case reference(parameter: Int64, [Target])
    case missing(parameter: Int64, Bool)
    case fhirId([String])
    case record([Identifier])
    case subject([Identifier])
    case lastUpdated([DateMatch])
    case always
    case never

    /// `nil` stands for any.
    struct Token {
        let system: Int64?
        let code: [UInt8]?
    }

    struct Text {
        let match: StringMatch
        /// Folded, except for `.exact`.
        let bytes: [UInt8]
    }

    struct Target {
        let type: Int64?
        let id: [UInt8]
    }

    init(_ clause: IndexClause, _ names: IndexNames, _ db: Database) throws {
        func parameter(_ code: String) throws -> Int64? { try names.number(.parameter, code, db) }
        switch clause {
        case .token(let code, let matches, let negated):
            let tokens = try matches.compactMap { try Token($0, names, db) }
            guard let number = try parameter(code), !tokens.isEmpty else {
                self = negated ? .always : .never
                return
            }
            self = .token(parameter: number, tokens, negated: negated)
        case .string(let code, let matches):
            let number = try parameter(code)
            self = number.map { .string(parameter: $0, matches.map(Text.init)) } ?? .never
        case .date(let code, let matches):
            self = try parameter(code).map { .date(parameter: $0, matches) } ?? .never
        case .reference(let code, let matches):
            let targets = try matches.compactMap { try Target($0, names, db) }
            let number = try parameter(code)
            self = number.map { .reference(parameter: $0, targets) } ?? .never
        case .missing(let code, let isMissing):
            let number = try parameter(code)
            self =
                number.map { .missing(parameter: $0, isMissing) } ?? (isMissing ? .always : .never)
        case .fhirId(let ids): self = .fhirId(ids)
        case .record(let records): self = .record(records)
        case .subject(let subjects): self = .subject(subjects)
        case .lastUpdated(let matches): self = .lastUpdated(matches)
        }
        if alternatives == 0 { self = .never }
    }

    /// How many values the clause compares with.
    var alternatives: Int {
        switch self {
        case .token(_, let tokens, _): tokens.count
        case .string(_, let texts): texts.count
        case .date(_, let dates), .lastUpdated(let dates): dates.count
        case .reference(_, let targets): targets.count
        case .fhirId(let ids): ids.count
        case .record(let ids), .subject(let ids): ids.count
        case .missing, .always: 1
        case .never: 0
        }
    }

    /// Whether a candidate holds it.
    func holds(for row: IndexRow, entries: UnsafeRawBufferPointer) throws -> Bool {
        switch self {
        case .always: true
        case .never: false
        case .fhirId(let ids): ids.contains { $0.utf8.elementsEqual(row.fhirId.utf8) }
        case .record(let records): records.contains(row.record)
        case .subject(let subjects): row.subject.map(subjects.contains) ?? false
        case .lastUpdated(let matches):
            matches.contains { $0.matches(low: row.lastUpdatedMs, high: row.lastUpdatedMs) }
        case .token(_, _, let negated): try anyEntry(entries, of: row) != negated
        case .missing(_, let isMissing): try anyEntry(entries, of: row) != isMissing
        case .string, .date, .reference: try anyEntry(entries, of: row)
        }
    }

    private func anyEntry(_ entries: UnsafeRawBufferPointer, of row: IndexRow) throws -> Bool {
        var found = false
        let isWhole = PackedView.forEach(entries) { bytes in
            guard let entry = PackedView(bytes) else { return true }
            found = matches(entry)
            return !found
        }
        guard isWhole else { throw IndexError.malformed(table: "resources", row: 0) }
        return found
    }

    private func matches(_ entry: PackedView) -> Bool {
        switch (self, entry.value) {
        case (.token(let parameter, let tokens, _), .token(let system, let code)):
            entry.parameter == parameter
                && tokens.contains {
                    ($0.system ?? system) == system && ($0.code?.elementsEqual(code) ?? true)
                }
        case (.string(let parameter, let texts), .string(let value)):
            entry.parameter == parameter && texts.contains { $0.matches(value) }
        case (.date(let parameter, let dates), .date(let low, let high)):
            entry.parameter == parameter && dates.contains { $0.matches(low: low, high: high) }
        case (.reference(let parameter, let targets), .reference(let type, let target)):
            entry.parameter == parameter
                && targets.contains { ($0.type ?? type) == type && $0.id.elementsEqual(target) }
        case (.missing(let parameter, _), _): entry.parameter == parameter
        default: false
        }
    }
}

extension CompiledClause.Token {
    init?(_ match: TokenMatch, _ names: IndexNames, _ db: Database) throws {
        switch match {
        case .exact(let system, let code):
            guard let number = try names.number(.system, system, db) else { return nil }
            self.init(system: number, code: Array(code.utf8))
        case .anySystem(let code): self.init(system: nil, code: Array(code.utf8))
        case .noSystem(let code): self.init(system: IndexNames.none, code: Array(code.utf8))
        case .system(let system):
            guard let number = try names.number(.system, system, db) else { return nil }
            self.init(system: number, code: nil)
        }
    }
}

extension CompiledClause.Target {
    init?(_ match: ReferenceMatch, _ names: IndexNames, _ db: Database) throws {
        guard let type = match.type else {
            self.init(type: nil, id: Array(match.id.utf8))
            return
        }
        guard let number = try names.number(.type, type, db) else { return nil }
        self.init(type: number, id: Array(match.id.utf8))
    }
}

extension CompiledClause.Text {
    init(_ match: StringMatch) {
        self.match = match
        switch match {
        case .exact(let text): bytes = Array(text.utf8)
        case .prefix(let text), .contains(let text): bytes = Array(IndexText.fold(text).utf8)
        }
    }

    func matches(_ value: UnsafeRawBufferPointer) -> Bool {
        if case .exact = match { return value.elementsEqual(bytes) }
        let folded = Array(IndexText.fold(String(decoding: value, as: UTF8.self)).utf8)
        if case .prefix = match { return folded.starts(with: bytes) }
        guard folded.count >= bytes.count else { return false }
        return (0...folded.count - bytes.count).contains { folded[$0...].starts(with: bytes) }
    }
}
