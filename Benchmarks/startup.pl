#!/usr/bin/perl
# From the start of perl to the end of one advertisement, beside a perl that does nothing.
use strict;
use warnings;

use IO::Socket::INET;
use Peer qw(row);

my $receiver = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => 0, Proto => 'udp') or die "UDP: $@";
my $publish = sprintf 'AliEn::PoD::Publisher->new(master_job_id => 1, address => "a.example:1", '
    . 'destinations => ["127.0.0.1:%d"])->publish', $receiver->sockport;
my @include = map { "-I$_" } @INC;
my %programs = (
    bare => [$^X, '-e', '1'],
    ours => [$^X, @include, '-MAliEn::PoD', '-e', $publish],
    peer => [$^X, '-MLWP::UserAgent', '-e', 'LWP::UserAgent->new'],
);

# The processor's time of children, which the clock of `times` counts in hundredths of a second: many runs, in turns.
my ($turns, $runs) = (10, 20);
my %milliseconds;
foreach (1 .. $turns) {
    foreach my $name (sort keys %programs) {
        my @before = times;
        foreach (1 .. $runs) {
            system { $^X } @{ $programs{$name} };
            die "$name failed" if $?;
        }
        my @after = times;
        $milliseconds{$name} += 1000 * ($after[2] + $after[3] - $before[2] - $before[3]) / ($turns * $runs);
    }
}
my ($ours, $peer) = map { $milliseconds{$_} - $milliseconds{bare} } qw(ours peer);
row('`use AliEn::PoD` and one advertisement, processor time', '≤ 5 ms over bare perl', sprintf('%.1f ms', $ours),
    sprintf('`use LWP::UserAgent`: %.1f ms; bare perl: %.1f ms', $peer, $milliseconds{bare}));

my $maps = `$^X @include -MAliEn::PoD -e '$publish; open my \$maps, "<", "/proc/self/maps"; print grep /libcurl|libAlienPoD/, <\$maps>'`;
die 'the library is not loaded' if $maps !~ /libAlienPoD/;
row('libcurl loaded by then', 'no', $maps =~ /libcurl/ ? 'yes' : 'no', '');
