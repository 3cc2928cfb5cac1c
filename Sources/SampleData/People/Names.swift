/// Names and streets to draw from, from many places. Whoever bears one of the combinations is not
/// meant.
enum Names {
    static let female = [
        "Adaeze", "Agnieszka", "Aiko", "Alma", "Amina", "Anneli", "Beatriz", "Birgit", "Carmen",
        "Chiara", "Dalia", "Edith", "Elif", "Esther", "Fatou", "Freya", "Greta", "Hanna", "Ines",
        "Ioana", "Jelena", "Joyce", "Kamala", "Katrin", "Kiri", "Lidia", "Lucía", "Mairead",
        "Mei", "Mirjam", "Nadia", "Nomvula", "Olga", "Paloma", "Priya", "Rosa", "Ruth", "Saoirse",
        "Selma", "Sigrid", "Soraya", "Tamar", "Thi Mai", "Ursula", "Vera", "Wanjiru", "Yasmin",
        "Zofia",
    ]

    static let male = [
        "Abebe", "Anders", "Anton", "Arjun", "Bakari", "Bruno", "Cedric", "Chidi", "Dario",
        "Dmitri", "Edgar", "Emre", "Felix", "Fergus", "Gustav", "Haruto", "Hugo", "Ibrahim",
        "Ilya", "Ivo", "Jakub", "Jamal", "João", "Karim", "Kwame", "Lars", "Leon", "Luca",
        "Mateo", "Milan", "Minh", "Nikos", "Oskar", "Pavel", "Pedro", "Rafael", "Rashid", "Ravi",
        "Samuel", "Sean", "Stefan", "Tariq", "Tomás", "Viktor", "Wei", "Xavier", "Yusuf", "Zoltan",
    ]

    static let family = [
        "Abernathy", "Adeyemi", "Albrecht", "Almeida", "Andersson", "Aoki", "Arslan", "Bakker",
        "Balogun", "Bartos", "Bianchi", "Blackwood", "Boateng", "Byrne", "Cardoso", "Chowdhury",
        "Dahl", "Delacroix", "Demir", "Dlamini", "Eriksen", "Farkas", "Ferrari", "Fischer",
        "Gallagher", "Georgiou", "Gunawardena", "Haddad", "Hakimi", "Hartmann", "Horvat", "Ito",
        "Jansen", "Kaya", "Kowalczyk", "Kuznetsova", "Larsen", "Lindholm", "Mahlangu", "Marchetti",
        "Mbeki", "Mendoza", "Moreau", "Mwangi", "Nakamura", "Navarro", "Nguyen", "Novak",
        "O’Dwyer", "Oyelaran", "Papadakis", "Pereira", "Petrov", "Quispe", "Rahman", "Rossi",
        "Ruiz", "Santana", "Sharma", "Silva", "Soto", "Takahashi", "Tanaka", "Thorne", "Tran",
        "Ueda", "Varga", "Virtanen", "Weiss", "Yilmaz", "Zeman", "Zhou",
    ]

    static let streets = [
        "Alder Lane", "Beacon Road", "Chandler Street", "Dock Street", "Elm Court", "Ferry Road",
        "Granary Row", "Harbour View", "Juniper Way", "Kiln Street", "Lantern Hill",
        "Mill Crescent", "North Quay", "Orchard Street", "Pilot Lane", "Quarry Road",
        "Ropewalk", "Saltmarsh Drive", "Tanner Street", "Windmill Road",
    ]
}
