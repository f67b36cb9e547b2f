#!/usr/bin/perl
# From the start of perl to the end of one advertisement, beside a perl that does nothing.
use strict;
use warnings;

use IO::Socket::INET;
use Peer qw(row);
use POSIX ();
use Time::HiRes qw(clock_gettime CLOCK_MONOTONIC);

my $receiver = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => 0, Proto => 'udp') or die "UDP: $@";
my $publish = sprintf 'AliEn::PoD::Publisher->new(master_job_id => 1, address => "a.example:1", '
    . 'destinations => ["127.0.0.1:%d"])->publish', $receiver->sockport;
my @include = map { "-I$_" } grep { m{blib/} } @INC;
my %programs = (
    bare => ['-e', '1'],
    ours => [@include, '-MAliEn::PoD', '-e', $publish],
    peer => ['-MLWP::UserAgent', '-e', 'LWP::UserAgent->new'],
);

# The shortest of many: what else the machine does can only add to it.
my %seconds;
foreach my $round (1 .. 60) {
    foreach my $name (sort keys %programs) {
        my $start = clock_gettime(CLOCK_MONOTONIC);
        my $pid = fork;
        die "fork: $!" if !defined $pid;
        if ($pid == 0) {
            exec $^X, @{ $programs{$name} };
            POSIX::_exit(127);
        }
        waitpid $pid, 0;
        die "$name failed" if $?;
        my $took = clock_gettime(CLOCK_MONOTONIC) - $start;
        $seconds{$name} = $took if !$seconds{$name} || $took < $seconds{$name};
    }
}
my ($ours, $peer) = map { 1000 * ($seconds{$_} - $seconds{bare}) } qw(ours peer);
row('`use AliEn::PoD` and one advertisement', '≤ 5 ms over bare perl', sprintf('%.1f ms', $ours),
    sprintf('`use LWP::UserAgent`: %.1f ms; bare perl: %.1f ms', $peer, 1000 * $seconds{bare}));

my $maps = `$^X @include -MAliEn::PoD -e '$publish; open my \$maps, "<", "/proc/self/maps"; print grep /libcurl/, <\$maps>'`;
row('libcurl loaded by then', 'no', $maps eq '' ? 'no' : 'yes', '');
