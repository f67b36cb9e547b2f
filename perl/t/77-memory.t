use strict;
use warnings;

use AliEn::PoD;
use lib 't/lib';
use PoDTest qw(error_of json_rows receiver repository);
use Test::More;

# Resident kilobytes.
sub resident {
    open my $statm, '<', '/proc/self/statm' or return undef;
    return (split ' ', <$statm>)[1] * 4;
}

plan skip_all => 'no /proc' if !defined resident();

my $receiver = receiver();
my $repository = repository()->answer(json_rows(map { [$_, 'Address', "a$_.example:21001"] } 1 .. 50));
my $publisher = AliEn::PoD::Publisher->new(
    master_job_id => 7, address => 'a.example:1', destinations => [$receiver->address], rate => 0);
my $watcher = AliEn::PoD::Watcher->new(repository => $repository->url, allow_unsigned => 1);

my %LOOPS = (
    'creating and destroying' => [10_000, sub {
        AliEn::PoD::Publisher->new(master_job_id => 1, address => 'a.example:1', destinations => ['127.0.0.1:9']);
        AliEn::PoD::Watcher->new(repository => 'http://127.0.0.1:1', directory => '/tmp', run_time => 5);
    }],
    'publishing' => [10_000, sub { $publisher->publish(wanted => 1 + $_[0] % 9) }],
    'preparing'  => [2_000, sub {
        AliEn::PoD::Publisher->new(
            master_job_id => 7, address => 'a.example:1', destinations => [$receiver->address])->publish;
    }],
    'errors'   => [10_000, sub { error_of(sub { AliEn::PoD::Watcher->new(run_time => 'x' x 100) }) }],
    'checking' => [300,    sub { $watcher->check }],
    'watchers' => [200,    sub { AliEn::PoD::Watcher->new(repository => $repository->url)->check }],
);

foreach my $name (sort keys %LOOPS) {
    my ($count, $code) = @{ $LOOPS{$name} };
    $code->($_) foreach 1 .. $count / 5;
    my $before = resident();
    $code->($_) foreach 1 .. $count;
    my $growth = resident() - $before;
    cmp_ok($growth, '<', 1024, "$name: $growth kB more after $count rounds");
}

done_testing;
