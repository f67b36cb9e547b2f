use strict;
use warnings;

use AliEn::PoD;
use AliEn::PoD::Settings;
use lib 't/lib';
use PoDTest qw(error_of receiver run_perl);
use Storable qw(dclone);
use Test::More;

my %CALLS = (
    'AliEn::PoD::Publisher' => {
        _attach      => [],
        _set         => ['wanted', 1, 0],
        _prepare     => [],
        _publish     => [],
        _step        => [],
        _wait        => [],
        _next_report => [],
        _message     => [],
        datagrams    => [],
    },
    'AliEn::PoD::Settings' => {
        _attach      => [],
        _add         => ['CE_PODENABLED', 'yes'],
        _require     => ['enabled'],
        _value       => ['enabled', 0],
        _next_report => [],
    },
    'AliEn::PoD::Watcher' => {
        _attach       => [],
        _set          => ['run_time', 1, 0],
        _begin        => [1],
        _step         => [],
        _wait         => [],
        _found        => [],
        _worker_ended => [0],
        _next_report  => [],
    },
);

foreach my $class (sort keys %CALLS) {
    my $other = $class eq 'AliEn::PoD::Publisher' ? 'AliEn::PoD::Watcher' : 'AliEn::PoD::Publisher';
    my $number = 4711;
    my $copy = dclone($class->new);
    my %forged = (
        'a blessed number' => bless(\$number, $class),
        'a blessed hash'   => bless({}, $class),
        'a blessed array'  => bless([], $class),
        'a clone'          => $copy,
        'another class'    => $other->new,
        'a class name'     => $class,
        'undef'            => undef,
        'a number'         => 4711,
        'a code reference' => sub { 1 },
    );
    foreach my $method (sort keys %{ $CALLS{$class} }) {
        next if $method eq '_attach';
        subtest "$class\::$method" => sub {
            my $code = $class->can($method);
            foreach my $what (sort keys %forged) {
                my $error = error_of(sub { $code->($forged{$what}, @{ $CALLS{$class}{$method} }) });
                isa_ok($error, 'AliEn::PoD::Error', "the error for $what");
                like($error, qr/not a living \Q$class\E/, "... says what it is");
            }
        };
    }
    subtest "$class\::_attach" => sub {
        my $attach = $class->can('_attach');
        isa_ok(error_of(sub { $attach->($_) }), 'AliEn::PoD::Error', 'no reference') foreach undef, 1, $class;
        isa_ok(error_of(sub { $attach->($class->new) }), 'AliEn::PoD::Error', 'twice');
    };
}

subtest 'a subclass' => sub {
    {

        package AliEn::PoD::Publisher::Special;
        our @ISA = ('AliEn::PoD::Publisher');
    }
    my $receiver = receiver();
    my $publisher = AliEn::PoD::Publisher::Special->new(
        master_job_id => 7, address => 'a.example:1', destinations => [$receiver->address]);
    is($publisher->publish, 1, 'works');
};

subtest 'a copied reference keeps the handle, a copied hash does not' => sub {
    my $watcher = AliEn::PoD::Watcher->new(repository => 'http://127.0.0.1:1');
    my $same = $watcher;
    my $hash = bless {%$watcher}, 'AliEn::PoD::Watcher';
    undef $watcher;
    is(error_of(sub { $same->_begin(1) }), undef, 'the reference works on');
    like(error_of(sub { $hash->_begin(1) }), qr/not a living/, 'the hash is refused');
};

subtest 'an object that comes back out of its own destruction' => sub {
    our @back;
    {

        package AliEn::PoD::Watcher::Lingering;
        our @ISA = ('AliEn::PoD::Watcher');
        sub DESTROY { push @main::back, $_[0] }
    }
    { my $watcher = AliEn::PoD::Watcher::Lingering->new(repository => 'http://127.0.0.1:1'); }
    is(scalar @back, 1, 'is there');
    is(error_of(sub { $back[0]->_begin(1) }), undef, 'and has a handle that lives');
    no warnings 'redefine';
    *AliEn::PoD::Watcher::Lingering::DESTROY = sub { };
    @back = ();
};

subtest 'an emptied or reblessed object keeps its own handle and no other' => sub {
    my $watcher = AliEn::PoD::Watcher->new(repository => 'http://127.0.0.1:1');
    %$watcher = ();
    is(error_of(sub { $watcher->_begin(1) }), undef, 'emptied');
    bless $watcher, 'AliEn::PoD::Publisher';
    like(error_of(sub { $watcher->datagrams }), qr/not a living AliEn::PoD::Publisher/, 'reblessed');
};

subtest 'global destruction' => sub {
    my ($text, $status) = run_perl('-MAliEn::PoD', '-e', <<'PERL');
our $publisher = AliEn::PoD::Publisher->new(master_job_id => 1, address => 'a.example:1', destinations => '127.0.0.1:9');
our $watcher = AliEn::PoD::Watcher->new(repository => 'http://127.0.0.1:1');
my %circle = (watcher => AliEn::PoD::Watcher->new);
$circle{self} = \%circle;
package Late;
sub new { bless { publisher => AliEn::PoD::Publisher->new }, shift }
sub DESTROY { my $self = shift; eval { $self->{publisher} && $self->{publisher}->datagrams; 1 } }
package main;
our $late = Late->new;
my $cycle = Late->new;
$cycle->{me} = $cycle;
END { print $publisher->datagrams, " at the end\n" }
PERL
    is($status, 0, 'ends well');
    is($text, "0 at the end\n", 'silently');
};

done_testing;
