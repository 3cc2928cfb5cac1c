import LedgerCore
import Synchronization

/// Looks for fragments that the catalogue does not name, after a crash or a put that could not
/// clean up, and removes them.
///
/// A pack goes where no version in it has keys, or where too few fragments were ever written for it
/// to be opened. One whose versions have keys is kept: its versions may wait for their windows to
/// end, or it is the catalogue that has lost something.
package struct FragmentSweep {
    private struct Found {
        let header: FragmentHeader
        /// By index; a name may lie at several providers.
        var places: [(provider: DirectoryProvider, name: String, index: Int)] = []
        /// What it holds, once it was opened.
        var locators: Set<Identifier>?
        /// How many fragments did not suffice to open it.
        var tried = 0
    }

    private let vault: Vault
    private let reasons: Int
    private let packsMax: Int
    private var folders: [(provider: DirectoryProvider, folder: String)] = []
    private var found: [Identifier: Found] = [:]

    package init(_ vault: Vault) { self.init(vault, packsMax: Limits.sweptPacks) }

    init(_ vault: Vault, packsMax: Int) {
        self.vault = vault
        self.packsMax = packsMax
        reasons = vault.untidiness.withLock { $0 }
        for provider in vault.configuration.providers {
            folders += provider.folders().map { (provider, $0) }
        }
    }

    /// Nothing is left to look at or to decide.
    package var isDone: Bool { folders.isEmpty && found.isEmpty }

    /// Whether the next step looks at more folders.
    package var isLooking: Bool { !folders.isEmpty && found.count < packsMax }

    /// Looks at some more folders, then removes what may go. Returns how many fragments went.
    /// Blocking.
    package mutating func step() throws -> Int {
        var looked = 0
        while looked < Limits.sweptFragments, isLooking, let next = folders.last {
            for name in try next.provider.names(inFolder: next.folder) {
                looked += 1
                try look(name, at: next.provider)
            }
            folders.removeLast()
        }
        if isLooking { return 0 }
        var removed = 0
        for (pack, fragments) in found.sorted(by: { $0.key < $1.key }) {
            removed += try judge(pack, fragments)
        }
        if folders.isEmpty, found.isEmpty { vault.isSwept(reasons) }
        return removed
    }

    private mutating func look(_ name: String, at provider: DirectoryProvider) throws {
        guard let head = try provider.head(name, count: Fragment.headerBytes),
            let header = FragmentHeader(head[...]), try isUnnamed(header.pack)
        else { return }
        found[header.pack, default: Found(header: header)].places
            .append((provider, name, header.index))
    }

    /// Whether no record names the pack, and none will: what is under way is asked first, since it
    /// leaves that state by its record.
    private func isUnnamed(_ pack: Identifier) throws -> Bool {
        try !vault.spreading.withLock { $0.contains(pack) } && !vault.catalogue.keeps(pack)
    }

    private mutating func judge(_ pack: Identifier, _ fragments: Found) throws -> Int {
        guard try isUnnamed(pack) else {
            found[pack] = nil
            return 0
        }
        var locators = fragments.locators
        if locators == nil, fragments.places.count > fragments.tried {
            locators = try open(pack, fragments)
            found[pack]?.locators = locators
            found[pack]?.tried = fragments.places.count
        }
        if let locators {
            guard try !locators.contains(where: { try vault.keystore.keeps($0) }) else { return 0 }
        } else {
            // Not openable: orphaned by a crash half-way, or fragments are away or damaged.
            let indices = Set(fragments.places.map(\.index))
            guard folders.isEmpty, indices.count < fragments.header.code.dataShards,
                vault.configuration.providers.allSatisfy({ Posix.exists($0.path) })
            else { return 0 }
        }
        for place in fragments.places { try place.provider.delete(place.name) }
        vault.cache.remove(pack)
        found[pack] = nil
        return fragments.places.count
    }

    /// The versions in a pack; `nil` where it cannot be opened.
    private func open(_ pack: Identifier, _ fragments: Found) throws -> Set<Identifier>? {
        var good: [Int: ArraySlice<UInt8>] = [:]
        for place in fragments.places where good.count < fragments.header.code.dataShards {
            guard let bytes = try place.provider.get(place.name),
                Fragment.digest(of: bytes[...]).description == place.name
            else { continue }
            good[place.index] = bytes.dropFirst(Fragment.headerBytes)
        }
        guard
            let bytes = fragments.header.code.decode(good, size: fragments.header.packSize),
            let opened = try? Pack(opening: bytes, id: pack, keys: vault.keys)
        else { return nil }
        return Set(opened.entries.map(\.locator))
    }
}

extension Vault {
    /// Whether fragments may lie about that no record names: the vault was not closed in good order
    /// or a put could not clean up.
    package var needsSweep: Bool { untidiness.withLock { $0 > 0 } }

    /// A sweep has ended; what became untidy meanwhile asks for another.
    func isSwept(_ reasons: Int) { untidiness.withLock { if $0 == reasons { $0 = 0 } } }
}
