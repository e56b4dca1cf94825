#pragma once

#include <string_view>

/// Keys made for the tests and used nowhere else.
namespace actors::web::test {

inline constexpr std::string_view rsa_private = R"(-----BEGIN PRIVATE KEY-----
MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQDZWWcBMJubV74I
gNZIdYqsZS/o3Oyp0xCAarBUdRBSIe+y0v7TevxYshvio9wj2Trr9D0PVumhf5tJ
FwdWiL0ktFbufq1DjB/B/vuey51dmmUbBQSFIOioutkT/8Eafcf3dn8Uuxi3XfSG
px5VbTz/AOBzF/R/U+d+miUSRUMrOA9YehvrQE9/O4lA0pTpOv27/2tDUH1qmDiw
FIDLve+HGIO6g3V3Ez8at/NOdh7czd3zlIwUz1mfH50eOgdZOAq9p8HfBt0ukTSz
UvHrovxqVGLEnTNvrZ80P+n6Mn2hJGubzWkmoqGRD6qKbSMWczLTNeKG4yZ4iotD
seH8yYTFAgMBAAECggEAH0vfB94UrfHcsHNCx7S7Jtc8JpL3Nf3pFKCoKsUfeEAg
OHbm0BNXtjrRRplzJ6tOL28gAq8wXXuXI9dfzF9MovYfxWAyuTT6VrANUcB+dJ24
fMNEcxn5vmAHRXiweMzPSCwFIPpO1Qp/nQr/1GuyGoLpDtGOeG4fuYxfFaopAZYh
KZfuzyZsB7eErZLA8iZmiAr0L0EtUGM2s3ZHgSg4jdK53ezTtooEVtpJz8TOJjvL
6Yv/sUqSb5/NglnNcIZmE5MBgNUQ0ZS2oPDWEFUeKhZjBl3VMDgeJ767OYsph7d/
as2C/ZMJ3eovSytNzxcblZtN57g0Z+nNPXvZwpD+4QKBgQD2ssOfQRD2UrPZIxKu
nYpMsBwRZ0ZsM6BKJZ/je1r7T9Mjc97DjbQTUzJBsGd2bW5UTSX7hAOfqTu2RbE1
0lsw+EzwxB+wnIj+bdU2Dg0x3KK3OMoMBDrsxa9vFaQA0+n303zfhoFCz/janMHm
DjNNysVB07w7AxXhm9Db+BPsoQKBgQDhi1lAL/6G0d3zdX156I4ea9VYyEYII38i
oOsD99B4f16dDxK8YvrzMaZ1wE2cVAClluPVHe9+yf9aBTLxmMWEkcaDR3/jEemb
H1D1gEz1ntEyUWNinI/NTJG+CKx9MsSCfcMVlwqsIZ2o5ueUE0JPo99sxPjd2dZR
vWOXNalhpQKBgHaPIwR+OLCovlY0TN4uSDDi0hprD6UgioAX5OdmeSseCdKX9Q72
IvzGlviK1q5LmSJakU52+2bX5iKLC8dZ+Qlny1JKbxBpqkzcbAM2bZDxACId4Lw1
rDvuJYm1VMQxE9hOg0zJT4XUfTxS6byuRmm0cWhZYbTansF2KMIOT0UBAoGAH+Kk
VneygvrOZum4OHDRDqnt+mQtyl7CTXH0Z5Y0KaTQCmIkIu/XTGQ7hTAPiMczZDWF
tg5KWmFSMTbE8fTID6rQJqUIBmD05pIxztM5jgvKxVNOOpWpmrt1aykswXJY553B
4557ysPh1wv1tzBV0o53OphKGor+SoX8u1bBwGUCgYEArBpUtOFmH8Kzb9dKoas5
HwdBrgomJMNCIhMn5AO/k7lvu3WqE0f4bq4e7mRN/dY7rvtmyOjReQkDmcXAeJI6
H0lfHJBUkHMKGL/5TvztpqFjh9TIE/N4Exp8QXxGUBWThTsKWUbLAVbvimNHPjEw
W9aeth+j4qlrvKvMIiytFJI=
-----END PRIVATE KEY-----
)";

inline constexpr std::string_view rsa_public = R"(-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA2VlnATCbm1e+CIDWSHWK
rGUv6NzsqdMQgGqwVHUQUiHvstL+03r8WLIb4qPcI9k66/Q9D1bpoX+bSRcHVoi9
JLRW7n6tQ4wfwf77nsudXZplGwUEhSDoqLrZE//BGn3H93Z/FLsYt130hqceVW08
/wDgcxf0f1PnfpolEkVDKzgPWHob60BPfzuJQNKU6Tr9u/9rQ1B9apg4sBSAy73v
hxiDuoN1dxM/GrfzTnYe3M3d85SMFM9Znx+dHjoHWTgKvafB3wbdLpE0s1Lx66L8
alRixJ0zb62fND/p+jJ9oSRrm81pJqKhkQ+qim0jFnMy0zXihuMmeIqLQ7Hh/MmE
xQIDAQAB
-----END PUBLIC KEY-----
)";

inline constexpr std::string_view weak_rsa_public = R"(-----BEGIN PUBLIC KEY-----
MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQCoQS7iMUtryFdLBcZT4dElfM31
muXlBE4WhXcoITw6UyZnwoKJFsFg7l0cRmSTg206XNqdGQ8fkXQr2p6dTjoIiojX
htTFm4PUun5reRvZujwYsHm+sLjeaBiCfNNOWwYY7tlcFvCnpaOzYwRFXSOCSkro
d2nrnluHjkVfW+jyiwIDAQAB
-----END PUBLIC KEY-----
)";

inline constexpr std::string_view ec_private = R"(-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQguxSYbRjWdcTpWKRT
mHw9f1KOQ/r5zi2nY1gBrfB9sfqhRANCAAQbnFt+XFJXl/bLV7Y4ixfZR9semDis
0Aua8PkDKuFfCJt0JuqYwVymsBLpHcn8u8jjYA9H9KsJ+zlOYWm27EDk
-----END PRIVATE KEY-----
)";

inline constexpr std::string_view ec_public = R"(-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEG5xbflxSV5f2y1e2OIsX2UfbHpg4
rNALmvD5AyrhXwibdCbqmMFcprAS6R3J/LvI42APR/SrCfs5TmFptuxA5A==
-----END PUBLIC KEY-----
)";

inline constexpr std::string_view ec_certificate = R"(-----BEGIN CERTIFICATE-----
MIIBbzCCARWgAwIBAgIUPRJkJJxgIIJr16aNgf0VcGqsUOowCgYIKoZIzj0EAwIw
DDEKMAgGA1UEAwwBeDAgFw0yNjExMjMwODAzMDFaGA8yMTI2MTAzMDA4MDMwMVow
DDEKMAgGA1UEAwwBeDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABBucW35cUleX
9stXtjiLF9lH2x6YOKzQC5rw+QMq4V8Im3Qm6pjBXKawEukdyfy7yONgD0f0qwn7
OU5habbsQOSjUzBRMB0GA1UdDgQWBBQ7ubNUwY7acvZw6p+3QqJDS/i6njAfBgNV
HSMEGDAWgBQ7ubNUwY7acvZw6p+3QqJDS/i6njAPBgNVHRMBAf8EBTADAQH/MAoG
CCqGSM49BAMCA0gAMEUCIC2+DhPnTomfMFccW/fxAeQ6btgZ8rCZhk0Dltfzl4Uq
AiEAyw71rTad2NmCIEMrYlp5owH8Go8xPymRyXNdJBGYSEI=
-----END CERTIFICATE-----
)";

/// With the password `secret`.
inline constexpr std::string_view ec_encrypted = R"(-----BEGIN ENCRYPTED PRIVATE KEY-----
MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAjoEtTSoyR4YwICCAAw
DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEN8qMN7JJPzpGfsrZ/+v7usEgZAj
jWojVYfOom45McSqDD4wwmwlOhvzNKAWXAtfQbraIF8A5fBGt6qJUv1cRYQ37pIk
VIDYApiL2lOACvW9qZSvrFcZDE/vlLAwRUF1Ow/8+aOiDA8JZYHmYO5OxAUVVUif
0tx4uUlm5X9KED03LVqiwYjbjrAB1K5TSMQp8yUJ3JO1Im1376P6b142nNVYRcA=
-----END ENCRYPTED PRIVATE KEY-----
)";

inline constexpr std::string_view ec384_public = R"(-----BEGIN PUBLIC KEY-----
MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAEIljDDs6pbgloYb+gOK3PUuBcSq2HYZdH
3YkIGx8tN/o5IT81KTYm4daiHu8fWEJJJuGspAZIXFR7D50khPmvcgaMpx37dC6H
kq4TzKmOAJHgSuEuIFvgVJZtN6IEhkeq
-----END PUBLIC KEY-----
)";

inline constexpr std::string_view ed_private = R"(-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIP2ifTN8bzMiy0Dkd8ExA2IpU5ztHBCEFv8q+LILfBsj
-----END PRIVATE KEY-----
)";

inline constexpr std::string_view ed_public = R"(-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEAgznC4IlEfK9pR0XuE4GCEVdA0e9Ntfpo0bcOxo8GEeE=
-----END PUBLIC KEY-----
)";

} // namespace actors::web::test
