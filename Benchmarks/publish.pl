#!/usr/bin/perl
# Advertisements in a loop, beside a bare send of the same bytes.
use strict;
use warnings;

use AliEn::PoD;
use IO::Socket::INET;
use Peer qw(compare row);

# Nobody reads: the system drops what does not fit, for both alike.
my $receiver = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => 0, Proto => 'udp') or die "UDP: $@";
my $address = '127.0.0.1:' . $receiver->sockport;
my $publisher = AliEn::PoD::Publisher->new(
    master_job_id => '1234567890',
    address       => 'pod-master.example.org:22001',
    wanted        => 10,
    destinations  => [$address],
    rate          => 0,
);
$publisher->publish;
$receiver->recv(my $datagram, 65536);
my $socket = IO::Socket::INET->new(PeerAddr => $address, Proto => 'udp') or die "UDP: $@";

my $count = 20_000;
my ($ours, $peer) = compare(
    15,
    sub { $publisher->publish for 1 .. $count },
    sub { send $socket, $datagram, 0 for 1 .. $count },
);
row('advertisements published in a loop', '≥ 0.75 of the rate', sprintf('%.2f', $peer / $ours),
    sprintf('bare `send` of the same %d bytes: %.0f a second, ours %.0f', length $datagram, $count / $peer,
        $count / $ours));
